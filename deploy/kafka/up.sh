#!/usr/bin/env bash
# A real Apache Kafka (KRaft, one node) on this machine, from its published jars.
# For tests, and as a pattern for a server of one's own. Needs Java 17 and mvn.
#
#   up.sh up      fetch the jars (first time), format (first time), start, wait
#                 until it answers; prints the address for KAFKA_BROKERS
#   up.sh kill    kill -9, as a crash does; the data stays
#   up.sh down    stop cleanly; the data stays
#   up.sh clean   stop and delete the data; the jars stay
#
# Settings, by environment:
#   KAFKA_VERSION   4.4.0
#   KAFKA_HOME_DIR  data, logs and process id; $TMPDIR/qianliyan-kafka-PORT
#   KAFKA_PORT      19092; the next port is the controller's
#   KAFKA_HEAP      512m
#   KAFKA_LIBS      jars; $XDG_CACHE_HOME/qianliyan/kafka-libs-VERSION
#
# The broker listens on the loopback address only. log.flush.interval.messages=1
# makes "acknowledged" mean "on disk": a single Kafka with its defaults loses
# what it acknowledged when the power is cut. A cluster of three relies on its
# replicas instead and leaves that setting out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=${KAFKA_VERSION:-4.4.0}
port=${KAFKA_PORT:-19092}
dir=${KAFKA_HOME_DIR:-${TMPDIR:-/tmp}/qianliyan-kafka-$port}
libs=${KAFKA_LIBS:-${XDG_CACHE_HOME:-$HOME/.cache}/qianliyan/kafka-libs-$version}
heap=${KAFKA_HEAP:-512m}

say() { echo "up.sh: $*" >&2; }
running() { [ -f "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }

exec_java() { # heap, main class, arguments; ends the calling (sub)shell
  local size=$1
  shift
  exec java -Xms"$size" -Xmx"$size" -XX:+UseG1GC -Djava.net.preferIPv4Stack=true \
    -Djava.io.tmpdir="$dir/tmp" -Dkafka.logs.dir="$dir/logs" \
    -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$libs/*" "$@"
}

fetch() {
  [ -f "$libs/.complete" ] && return
  for tool in java mvn; do
    command -v "$tool" >/dev/null || { say "$tool is missing: install a JDK 17 and Maven"; exit 1; }
  done
  say "fetching the jars of Kafka $version into $libs"
  mkdir -p "$libs"
  mvn -q -B -f "$here/pom.xml" -Dkafka.version="$version" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs" >&2
  touch "$libs/.complete"
}

configure() {
  mkdir -p "$dir/logs" "$dir/tmp"
  cat >"$dir/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
log.flush.interval.messages=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
P
}

wait_ready() {
  for _ in $(seq 1 600); do
    running || { say "the broker ended:"; tail -5 "$dir/logs/out.log" >&2; exit 1; }
    if grep -qs "Kafka Server started" "$dir/logs/server.log" &&
      (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      return
    fi
    sleep 0.1
  done
  say "the broker does not answer after a minute; see $dir/logs/server.log"
  exit 1
}

up() {
  if ! running; then
    fetch
    configure
    [ -f "$dir/data/meta.properties" ] ||
      (exec_java 256m kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c "$dir/server.properties") >"$dir/logs/format.log" 2>&1 ||
      { say "cannot format:"; tail -5 "$dir/logs/format.log" >&2; exit 1; }
    : >"$dir/logs/server.log"
    # A subshell, so that the process id is the broker's and takes the kill.
    (exec_java "$heap" kafka.Kafka "$dir/server.properties") >"$dir/logs/out.log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    disown
  fi
  wait_ready
  echo "127.0.0.1:$port"
}

stop() { # signal
  if running; then
    kill -"$1" "$(cat "$dir/pid")"
    while running; do sleep 0.1; done
  fi
  rm -f "$dir/pid"
}

case ${1:-up} in
up) up ;;
kill) stop KILL ;;
down) stop TERM ;;
clean) stop TERM && rm -rf "$dir" ;;
*) say "unknown command $1: up, kill, down or clean" && exit 2 ;;
esac
