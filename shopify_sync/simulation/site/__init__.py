"""The engine on a real site: ERPNext's documents in MariaDB, RQ workers that are killed by signal, and a clock that is turned."""
