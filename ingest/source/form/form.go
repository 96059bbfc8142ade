package form

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/ingest/setting"
)

// Accept is the door of ingest; see ingest.Ingestor.Accept.
type Accept func(ctx context.Context, items []item.Item) ([]item.Outcome, error)

// Config of the form.
type Config struct {
	// Source is the name under which reports of the form are kept.
	Source string `toml:"source"`
	// Title is the most characters a title may have.
	Title int `toml:"max_title"`
	// Text is the most characters a report may have.
	Text int `toml:"max_text"`
	// Ahead is how far in the future an event may lie before the form asks for the right time; clocks differ.
	Ahead setting.Duration `toml:"ahead"`
	// Elements names a file that replaces the shipped list of what a first report should say. Empty uses the shipped one.
	Elements string `toml:"elements"`
}

// Defaults is what a fresh installation uses.
func Defaults() Config {
	return Config{Source: "form", Title: 100, Text: 20000, Ahead: setting.Duration(10 * time.Minute)}
}

// Validate reports every problem, in the administrator's words.
func (c Config) Validate() error {
	var errs []error
	if strings.TrimSpace(c.Source) == "" {
		errs = append(errs, errors.New(`source 不能为空：请写表单来件的来源名，如 "form"`))
	}
	if c.Title < 1 {
		errs = append(errs, fmt.Errorf("max_title = %d 应大于 0", c.Title))
	}
	if c.Text < 1 {
		errs = append(errs, fmt.Errorf("max_text = %d 应大于 0", c.Text))
	}
	if _, err := loadElements(c.Elements); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Deps is what a Form is handed.
type Deps struct {
	Accept Accept
	Log    *slog.Logger
}

// Report is the form as filled in, every field as typed.
type Report struct {
	Key    string // hidden field, from NewKey
	Unit   string // 报送单位
	Title  string // 标题
	Text   string // 正文
	Event  string // 事发时间, as typed or as the browser's picker writes it; may be empty
	Place  string // 事发地点; may be empty
	Urgent bool   // the button 紧急
	Author string // 报送人; kept as an extra field
	Signer string // 签发人; kept as an extra field
}

// Field names a field of the form, as in its HTML.
type Field string

// The fields.
const (
	FieldKey   Field = "key"
	FieldUnit  Field = "unit"
	FieldTitle Field = "title"
	FieldText  Field = "text"
	FieldEvent Field = "event"
	FieldPlace Field = "place"
)

// Remark is something to say about one field.
type Remark struct {
	Field  Field  `json:"field"`
	Reason string `json:"reason"`         // Chinese
	Hint   string `json:"hint,omitempty"` // what to do, Chinese
}

// Invalid is the error of a report that was refused for what it says.
// Nothing of it was kept.
type Invalid struct {
	Fields []Remark
}

// Error lists the reasons.
func (e *Invalid) Error() string {
	var parts []string
	for _, r := range e.Fields {
		parts = append(parts, r.Reason)
	}
	return strings.Join(parts, "；")
}

// Receipt is what the submitter takes away.
type Receipt struct {
	Number string    `json:"number"` // see the package comment
	ID     item.ID   `json:"id"`
	At     time.Time `json:"at"`    // when it was submitted
	Known  bool      `json:"known"` // the very same report had been taken before

	// Before is the number of the report that the same opened form filed last,
	// when that said something else: this one stands beside it and did not
	// replace it. Empty otherwise, and when it is more than a day ago.
	Before string `json:"before,omitempty"`
}

// Form files reports. It is safe for concurrent use.
type Form struct {
	cfg      Config
	deps     Deps
	elements elements
	recent   *recent
}

// New reads the elements and makes a Form.
func New(cfg Config, deps Deps) (*Form, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("cannot set up the form: %w", err)
	}
	if deps.Accept == nil {
		return nil, errors.New("cannot set up the form: no Accept")
	}
	elements, err := loadElements(cfg.Elements)
	if err != nil {
		return nil, fmt.Errorf("cannot set up the form: %w", err)
	}
	return &Form{cfg: cfg, deps: deps, elements: elements, recent: newRecent(10_000, 24*time.Hour)}, nil
}

var keyForm = regexp.MustCompile(`^[a-z2-7]{26}$`)

// NewKey is a fresh value for the hidden field: 128 random bits.
func NewKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, says its documentation
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// Submit files r. Its errors are *Invalid for what the officer can mend and
// *item.Unavailable when intake takes nothing now; any other is ours. On an
// error the report is not known to be kept, and the same form may be sent
// again without fear of filing it twice.
func (f *Form) Submit(ctx context.Context, r Report) (Receipt, error) {
	now := time.Now().In(item.Zone)
	if c := f.Check(r); len(c.Fields) > 0 {
		return Receipt{}, &Invalid{c.Fields}
	}
	key := r.Key
	it := f.item(r, now)
	it.Submitted = f.recent.first(it, now)
	outcomes, err := f.deps.Accept(ctx, []item.Item{it})
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot file report: %w", err)
	}
	if len(outcomes) != 1 {
		return Receipt{}, fmt.Errorf("cannot file report: %d outcomes for one report", len(outcomes))
	}
	switch o := outcomes[0]; o.Status {
	case item.Accepted, item.Known:
		r := Receipt{Number: Number(o.ID, o.Day), ID: o.ID, At: it.Submitted, Known: o.Status == item.Known}
		r.Before = f.recent.filed(key, it.NativeID, r.Number, now)
		return r, nil
	case item.Rejected:
		return Receipt{}, &Invalid{[]Remark{remarkOf(o.Problem)}}
	default:
		return Receipt{}, fmt.Errorf("cannot file report: %w", failure(o))
	}
}

// failure is why a report was not made durable, as something to try again.
func failure(o item.Outcome) error {
	u := &item.Unavailable{Reason: "没有存好，请稍候再按一次提交", After: 5 * time.Second}
	if o.Problem != nil {
		u.Cause = o.Problem
	}
	return u
}

// remarkOf shows ingest's refusal at the field it concerns.
func remarkOf(p *item.Problem) Remark {
	if p == nil {
		return Remark{FieldText, "没有收下", ""}
	}
	field := FieldText
	switch p.Column {
	case "标题":
		field = FieldTitle
	case "单位":
		field = FieldUnit
	}
	return Remark{field, p.Reason, p.Hint}
}

// item is the report as ingest takes it, without its time of submission.
func (f *Form) item(r Report, now time.Time) item.Item {
	it := item.Item{
		Channel: item.Submission, Source: f.cfg.Source, NativeID: r.Key,
		Title: r.Title, Text: r.Text, Unit: strings.TrimSpace(r.Unit), Urgent: r.Urgent,
	}
	it.Event, _ = f.parseEvent(r.Event, now)
	if p := strings.TrimSpace(r.Place); p != "" {
		it.Places = []string{p}
	}
	for _, x := range []item.Field{{Name: "报送人", Value: strings.TrimSpace(r.Author)}, {Name: "签发人", Value: strings.TrimSpace(r.Signer)}} {
		if x.Value != "" {
			it.Extra = append(it.Extra, x)
		}
	}
	// Other words under the same key are another report: who goes back in the
	// browser and types the next one must not erase the first.
	it.NativeID = fmt.Sprintf("%s-%016x", r.Key, it.Hash())
	return it
}
