"""Private instances of RabbitMQ and PostgreSQL, for the demo, the tests and the benchmarks.

They have their own directories, names, ports and passwords, listen on the loopback address only,
never touch the system's services, and end when the process that started them ends. Nothing here is
meant for production: there the broker and the database are somebody's running services.
"""
