"""What system tests and benchmarks share: servers, programs, HTTP, Kafka, PostgreSQL."""
