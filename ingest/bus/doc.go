// Package bus is the only way between stages: topics on a Kafka broker, spoken
// to through kafka-go, whether the broker runs in the process or is a cluster.
package bus
