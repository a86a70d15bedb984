"""Tests on a real site: `bench --site SITE run-tests --app shopify_sync`. Each needs `allow_tests`; none needs the scheduler."""
