package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// EnsureTopics makes the topics that are missing and waits until they can be
// used. Existing topics are left as they are. It tries until ctx ends.
func (b *Bus) EnsureTopics(ctx context.Context) error {
	for n := 0; ; n++ {
		err := b.createTopics(ctx)
		if err == nil {
			err = b.Ping(ctx)
		}
		if err == nil {
			return nil
		}
		if n == 5 { // a cluster takes a few moments to place new partitions
			b.log.Warn("topics are not ready yet", "err", short(err))
		}
		if !b.pause(ctx, n) {
			return fmt.Errorf("cannot make topics on %q: %w", b.cfg.Brokers, err)
		}
	}
}

func (b *Bus) createTopics(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req := &kafka.CreateTopicsRequest{}
	for _, t := range Topics() {
		retention := b.cfg.Retention.D()
		if t == Dead || t == Actions {
			retention = -1
		}
		ms := int64(-1)
		if retention > 0 {
			ms = retention.Milliseconds()
		}
		req.Topics = append(req.Topics, kafka.TopicConfig{
			Topic: b.name(t), NumPartitions: b.cfg.Partitions, ReplicationFactor: b.cfg.Replication,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "cleanup.policy", ConfigValue: "delete"}, // compaction loses data in the process's broker
				{ConfigName: "retention.ms", ConfigValue: strconv.FormatInt(ms, 10)},
				{ConfigName: "min.insync.replicas", ConfigValue: strconv.Itoa(b.cfg.MinInsync)},
				{ConfigName: "max.message.bytes", ConfigValue: strconv.FormatInt(int64(b.cfg.MaxRecord)+overhead, 10)},
			},
		})
	}
	res, err := b.client.CreateTopics(ctx, req)
	if err != nil {
		return err
	}
	for t, e := range res.Errors {
		if e != nil && !errors.Is(e, kafka.TopicAlreadyExists) {
			err = errors.Join(err, fmt.Errorf("cannot make topic %q: %w", t, e))
		}
	}
	return err
}

// Ping reports whether the broker answers for every partition of every topic.
func (b *Bus) Ping(ctx context.Context) error {
	for _, t := range Topics() {
		if _, err := b.Bounds(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// partitions is how many parts topic has.
func (b *Bus) partitions(ctx context.Context, topic string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{b.name(topic)}})
	if err != nil {
		return 0, fmt.Errorf("cannot look up topic %q: %w", topic, err)
	}
	for _, t := range res.Topics {
		if t.Name == b.name(topic) {
			if t.Error != nil {
				return 0, fmt.Errorf("cannot look up topic %q: %w", topic, t.Error)
			}
			return len(t.Partitions), nil
		}
	}
	return 0, fmt.Errorf("cannot look up topic %q: %w", topic, kafka.UnknownTopicOrPartition)
}

// Bounds is what each partition of topic holds.
func (b *Bus) Bounds(ctx context.Context, topic string) (map[int]Bound, error) {
	n, err := b.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var ask []kafka.OffsetRequest
	for p := range n {
		ask = append(ask, kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
	}
	res, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{b.name(topic): ask}})
	if err != nil {
		return nil, fmt.Errorf("cannot list offsets of %q: %w", topic, err)
	}
	out := make(map[int]Bound, n)
	for _, p := range res.Topics[b.name(topic)] {
		if p.Error != nil {
			return nil, fmt.Errorf("cannot list offsets of %s/%d: %w", topic, p.Partition, p.Error)
		}
		out[p.Partition] = Bound{First: max(p.FirstOffset, 0), Last: max(p.LastOffset, 0)}
	}
	if len(out) != n {
		return nil, fmt.Errorf("cannot list offsets of %q: the broker answered for %d of %d partitions", topic, len(out), n)
	}
	return out, nil
}

// GroupOffsets is the committed offset (the next to read) of each partition in
// which group has committed.
func (b *Bus) GroupOffsets(ctx context.Context, group, topic string) (map[int]int64, error) {
	n, err := b.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	parts := make([]int, n)
	for i := range parts {
		parts[i] = i
	}
	req := &kafka.OffsetFetchRequest{GroupID: b.name(group), Topics: map[string][]int{b.name(topic): parts}}
	for try := 0; ; try++ {
		out, err := b.groupOffsets(ctx, req)
		if err == nil {
			return out, nil
		}
		// A broker that just started looks for the group's coordinator first.
		var ke kafka.Error
		if !errors.As(err, &ke) || !ke.Temporary() || !b.pause(ctx, try) {
			return nil, fmt.Errorf("cannot fetch offsets of group %q on %q: %w", group, topic, err)
		}
	}
}

func (b *Bus) groupOffsets(ctx context.Context, req *kafka.OffsetFetchRequest) (map[int]int64, error) {
	res, err := b.client.OffsetFetch(ctx, req)
	if err != nil {
		return nil, err
	}
	out := map[int]int64{}
	if errors.Is(res.Error, kafka.GroupIdNotFound) {
		return out, nil // it has never committed
	}
	if res.Error != nil {
		return nil, res.Error
	}
	for _, p := range slices.Concat(slices.Collect(maps.Values(res.Topics))...) {
		if p.Error != nil {
			return nil, fmt.Errorf("partition %d: %w", p.Partition, p.Error)
		}
		if p.CommittedOffset >= 0 {
			out[p.Partition] = p.CommittedOffset
		}
	}
	return out, nil
}

// Bury puts rec on Dead with the reason: same key, value and headers, and the
// headers dead-*. It returns nil when it is on disk there; the caller then
// passes over the record. A record buried again after a crash lies there twice;
// readers of Dead count keys.
func (b *Bus) Bury(ctx context.Context, rec Record, stage string, cause error) error {
	h := maps.Clone(rec.Headers)
	if h == nil {
		h = map[string]string{}
	}
	if want, ok := h[HeaderCRC]; ok && want != checksum(rec.Value) {
		h[HeaderDeadCRC] = want
	}
	h[HeaderDeadStage] = stage
	h[HeaderDeadReason] = cause.Error()
	h[HeaderDeadTopic] = rec.Topic
	h[HeaderDeadPartition] = strconv.Itoa(rec.Partition)
	h[HeaderDeadOffset] = strconv.FormatInt(rec.Offset, 10)
	h[HeaderDeadTime] = time.Now().Format(time.RFC3339)
	err := b.Publish(ctx, Dead, []Record{{Key: rec.Key, Value: rec.Value, Headers: h}})
	if err != nil {
		return fmt.Errorf("cannot bury %s/%d offset %d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	b.meter(rec.Topic).Discarded("buried", 1)
	b.log.Warn("record buried", "topic", rec.Topic, "partition", rec.Partition, "offset", rec.Offset,
		"item_id", string(rec.Key), "by", stage, "err", cause)
	return nil
}
