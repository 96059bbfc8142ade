// Package kafka is a Kafka broker inside the process, for a single machine and
// for tests: the real protocol, records on disk, no TCP port.
//
// # What it is
//
// kfake of the franz-go project, unmodified. Clients dial a unix socket in a
// folder only this user can enter, so nothing on the network reaches it. Every
// acknowledged record was synced to disk before; killing the process or cutting
// the power lost none in our tests.
//
// # What it is not
//
// One copy on one disk. At start it reads every record it keeps into memory, so
// together the topics should stay below about 1 GB: Trim drops what every store
// has. A backlog larger than that, or a second copy, needs a Kafka cluster.
//
// # What this package adds
//
//   - A lock: a second process on the same folder is refused.
//   - A disk probe. kfake ignores errors of fsync and acknowledges all the same,
//     so every second a probe writes, syncs and reads back a block beside the
//     records. After its first failure the broker refuses every record and stays
//     closed until it is started again, as nobody knows what the disk kept.
//   - A full disk is different: nothing is lost, as a write that fails is not
//     acknowledged. Below Config.MinFree the broker refuses records, and takes
//     them again when there is room.
//   - Nothing expires by itself, and Trim never takes the last record of a
//     partition: a partition that is empty counts from 0 again after a restart,
//     while stored offsets stay.
//
// # Folder
//
//	lock        held while the broker runs; holds the process id
//	probe       the disk probe's block
//	log/        kfake's own layout: one folder a partition, segments of 4 MiB
//	run/b.sock  the socket (in the system's folder for temporary files where this
//	            path is too long for a socket)
package kafka
