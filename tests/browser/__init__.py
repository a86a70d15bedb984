"""The Desk in a browser: Debian's Chromium, driven by Playwright, on a bench's test site."""
