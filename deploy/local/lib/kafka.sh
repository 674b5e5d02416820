# shellcheck shell=bash
# Private Kafka brokers (KRaft, one or three nodes, services kafka1 … kafka3) from Maven Central's
# jars, or the embedded development broker (service kafka1) where those cannot be had.

KAFKA_VERSION=4.1.2
KAFKA_CACHE=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tidegate/kafka-$KAFKA_VERSION

# kafka_fetch: jars into the cache, once; several at a time wait for one another.
kafka_fetch() {
    [[ ! -d $KAFKA_CACHE ]] || return 0
    type -P mvn >/dev/null || { say "maven is missing: run deploy/local/install"; return 1; }
    mkdir -p "$(dirname "$KAFKA_CACHE")"
    (
        flock 8
        [[ ! -d $KAFKA_CACHE ]] || exit 0
        say "fetching Kafka $KAFKA_VERSION from Maven Central (43 MB, once) into $KAFKA_CACHE"
        fresh=$(mktemp -d "$KAFKA_CACHE.XXXXXX")
        trap 'rm -rf "$fresh"' EXIT
        timeout "${KAFKA_FETCH_SECONDS:-300}" mvn -q -B -Dstyle.color=never --strict-checksums -f "$HERE/pom.xml" \
            dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$fresh" \
            </dev/null 8>&- >&2 || { say "Maven could not fetch Kafka"; exit 1; }
        (cd "$fresh" && sha256sum --quiet --strict -c "$HERE/kafka-$KAFKA_VERSION.sha256") >&2 ||
            { say "the fetched jars are not those of kafka-$KAFKA_VERSION.sha256"; exit 1; }
        chmod 755 "$fresh"
        mv -T "$fresh" "$KAFKA_CACHE"
    ) 8>"$KAFKA_CACHE.lock"
}

kafka_java() {
    local java=${JAVA_HOME:+$JAVA_HOME/bin/java}
    [[ -x $java ]] || java=$(type -P java) || die "java is missing: run deploy/local/install" 2
    echo "$java"
}

kafka_names() { # MODE: the services
    if [[ $1 == 3 ]]; then echo kafka1 kafka2 kafka3; else echo kafka1; fi
}

kafka_voters() {
    local name voters=
    for name in $(kafka_names "$MODE"); do
        voters+=,${name#kafka}@127.0.0.1:$(<"$S/$name.controller")
    done
    echo "${voters#,}"
}

kafka_brokers() {
    local name list=
    for name in $(kafka_names "$MODE"); do list+=,127.0.0.1:$(service_port "$name"); done
    echo "${list#,}"
}

# Smaller than Kafka's defaults: 50 offset partitions, 128 MiB of heap for the cleaner
# and 3 s of waiting for the first member of a group are for clusters. A killed node takes part again
# only after the session of its former life has ended (9 s by default).
kafka_properties() { # NAME
    local port copies=1 isr=1
    port=$(service_port "$1")
    if [[ $MODE == 3 ]]; then copies=3 isr=2; fi
    cat <<CONF
process.roles=broker,controller
node.id=${1#kafka}
controller.quorum.voters=$(kafka_voters)
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$(<"$S/$1.controller")
advertised.listeners=PLAINTEXT://127.0.0.1:$port
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$D/$1/data
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
default.replication.factor=$copies
min.insync.replicas=$isr
unclean.leader.election.enable=false
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=6000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$isr
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$isr
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=67108864
log.retention.bytes=536870912
CONF
}

# kafka_format NAME: the properties and an empty log with the cluster's id.
kafka_format() {
    mkdir -p "$D/$1"
    kafka_properties "$1" >"$D/$1/server.properties"
    "$(kafka_java)" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$KAFKA_CACHE/*" \
        -Dlog4j2.configurationFile="$HERE/log4j2.xml" kafka.tools.StorageTool format \
        -t "$(<"$S/kafka.cluster")" -c "$D/$1/server.properties" >>"$D/log/$1.log" 2>&1
}

# The heap sizes were measured to be enough: about 220 MB resident idle for one node, 200 for each
# of three.
kafka_spawn() { # NAME
    local heap=512
    if [[ $MODE == 3 ]]; then heap=384; fi
    service_spawn "$1" env --chdir="$D/$1" "$(kafka_java)" "-Xms128m" "-Xmx${heap}m" \
        -XX:+UseSerialGC -Djava.awt.headless=true -Dkafka.logs.dir="$D/log" \
        -Dlog4j2.configurationFile="$HERE/log4j2.xml" -cp "$KAFKA_CACHE/*" \
        kafka.Kafka "$D/$1/server.properties"
}

kafka_metadata() { # PORT: what the node there knows of its cluster
    kcat -L -m 2 -b "127.0.0.1:$1" -X reconnect.backoff.max.ms=200 2>/dev/null
}

kafka_knows() { # PORT PATTERN
    grep -qE "$2" <<<"$(kafka_metadata "$1")"
}

# kafka_await NAME…: each node answers as a member, which needs a quorum.
kafka_await() {
    local name
    for name in "$@"; do
        wait_for 90 "$name" kafka_knows "$(service_port "$name")" \
            "^ *broker ${name#kafka} at" || { echo "$name" >"$S/kafka.failed"; return 1; }
    done
}

# kafka_each FUNCTION NAME…: side by side.
kafka_each() {
    local function=$1 name pids=()
    shift
    for name in "$@"; do
        "$function" "$name" &
        pids+=($!)
    done
    wait_all "${pids[@]}"
}

# kafka_new: a fresh cluster on free ports; all nodes once more when a port was taken meanwhile.
kafka_new() {
    local names name ports attempt
    read -r -a names <<<"$(kafka_names "$MODE")"
    head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=' >"$S/kafka.cluster"
    for attempt in 1 2 3 4 5; do
        read -r -a ports <<<"$(free_ports $((${#names[@]} * 2)))"
        for name in "${names[@]}"; do
            echo "${ports[0]}" >"$S/$name.port"
            echo "${ports[1]}" >"$S/$name.controller"
            ports=("${ports[@]:2}")
            : >"$D/log/$name.log"
            rm -rf "${D:?}/$name"
        done
        echo "${names[0]}" >"$S/kafka.failed"
        if kafka_each kafka_format "${names[@]}"; then
            for name in "${names[@]}"; do kafka_spawn "$name"; done
            if kafka_await "${names[@]}" && wait_for 30 "${names[0]}" kafka_knows \
                "$(service_port "${names[0]}")" "^ *${#names[@]} brokers:"; then return 0; fi
        fi
        name=$(<"$S/kafka.failed")
        if [[ -e $S/abort ]] || ! port_was_taken "$name"; then break; fi
        say "$name: its port was taken by somebody else, trying others ($attempt)"
        for name in "${names[@]}"; do service_end "$name" KILL 10; done
    done
    [[ -e $S/abort ]] || log_tail "$(<"$S/kafka.failed")"
    return 1
}

# kafka_again NAME…: nodes that exist, on their ports, with their data.
kafka_again() {
    local name
    for name in "$@"; do
        kafka_properties "$name" >"$D/$name/server.properties"
        kafka_spawn "$name"
    done
    kafka_await "$@" || { log_tail "$(<"$S/kafka.failed")"; return 1; }
}

# The embedded broker: built with the programs; always on ports that it picks itself.
embedded_binary() {
    local flavour
    for flavour in ${FLAVOUR:-} release dev; do
        if [[ -x $ROOT/build/$flavour/bin/embedded-broker ]]; then
            echo "$ROOT/build/$flavour/bin/embedded-broker"
            return
        fi
    done
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$ROOT" FLAVOUR=release build/release/bin/embedded-broker >&2 || return 1
    echo "$ROOT/build/release/bin/embedded-broker"
}

embedded_start() {
    local binary
    binary=$(embedded_binary) || die "the embedded broker cannot be built" 3
    say "EMBEDDED BROKER: no real Kafka. It keeps everything in memory, about 5 MB a partition, and"
    say "EMBEDDED BROKER: forgets it when it ends. Nothing it acknowledges is durable."
    rm -f "$S/embedded"
    service_spawn kafka1 "$binary" --bootstrap-file "$S/embedded" \
        tidegate.vehicle-telemetry:12 tidegate.sensor-reading:12 tidegate.rejected:4
    if ! wait_for 20 kafka1 test -s "$S/embedded" ||
        ! wait_for 20 kafka1 kcat -L -m 2 -b "$(<"$S/embedded")"; then
        log_tail kafka1
        return 1
    fi
    sed 's/.*://' "$S/embedded" >"$S/kafka1.port"
}

kafka_up() { # NAME… that are not alive
    if [[ $MODE == embedded ]]; then
        embedded_start && : >"$S/kafka.ready"
    elif [[ -e $S/kafka.ready ]]; then
        kafka_again "$@"
    else
        kafka_new && : >"$S/kafka.ready"
    fi
}

kafka_stop() { # NAME clean|kill [SECONDS]
    if [[ $2 == kill ]]; then
        service_end "$1" KILL 10
    else
        service_end "$1" TERM "${3:-20}"
    fi
}

kafka_url() {
    if [[ $MODE == embedded ]]; then cat "$S/embedded"; else kafka_brokers; fi
}
