package push

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qianliyan/ingest/item"
	"qianliyan/ingest/mapping"
)

// open311Body is the most bytes of one request; a request is one text.
const open311Body = 8 << 20

// open311Error is one entry of GeoReport's errors array.
type open311Error struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// open311Receipt is one entry of its answer to a request.
type open311Receipt struct {
	ID     item.ID `json:"service_request_id"`
	Notice string  `json:"service_notice"`
}

// open311Service is one entry of its list of services.
type open311Service struct {
	Code        string `json:"service_code"`
	Name        string `json:"service_name"`
	Description string `json:"description"`
	Metadata    bool   `json:"metadata"`
	Type        string `json:"type"`
	Keywords    string `json:"keywords"`
	Group       string `json:"group"`
}

// services serves GET /open311/v2/services.json.
func (h *Handler) services(w http.ResponseWriter, _ *http.Request) {
	out := make([]open311Service, 0, len(h.cfg.Services))
	for _, s := range h.cfg.Services {
		out = append(out, open311Service{s.Code, s.Name, s.Description, false, "realtime", strings.Join(s.Keywords, ","), s.Group})
	}
	writeJSON(w, http.StatusOK, out)
}

// request serves POST /open311/v2/requests.json.
func (h *Handler) request(w http.ResponseWriter, r *http.Request) {
	fail := func(src source, status int, text string) {
		name := src.Name
		if name == "" {
			name = "unknown"
		}
		h.requests.WithLabelValues(name, strconv.Itoa(status)).Inc()
		writeJSON(w, status, []open311Error{{status, text}})
	}
	if !h.enter() {
		w.Header().Set("Retry-After", seconds(h.cfg.RetryAfter.D()))
		fail(source{}, http.StatusTooManyRequests, "请求太多，请稍候重发")
		return
	}
	defer h.leave()
	cells, status, reason := open311Cells(w, r)
	if reason != "" {
		fail(source{}, status, reason)
		return
	}
	token := bearer(r)
	if i := cellIndex(cells, "api_key"); i >= 0 {
		token = cells[i].Value
		cells = slices.Delete(cells, i, i+1)
	}
	src, p := h.authenticate(token)
	if p != nil {
		fail(src, http.StatusForbidden, p.Error())
		return
	}
	it, status, reason := h.open311Item(src, cells, r.Header.Get("Idempotency-Key"))
	if reason != "" {
		fail(src, status, reason)
		return
	}
	outcomes, err := h.deps.Accept(r.Context(), []item.Item{it})
	var shut *item.Unavailable
	switch {
	case r.Context().Err() != nil:
	case errors.As(err, &shut):
		w.Header().Set("Retry-After", seconds(shut.After))
		fail(src, http.StatusServiceUnavailable, shut.Reason)
	case err != nil || len(outcomes) != 1 || outcomes[0].Status == item.Failed:
		h.deps.Log.Warn("request was not taken", "stage", "ingest", "kind", "open311", "name", src.Name, "err", err)
		w.Header().Set("Retry-After", seconds(h.cfg.RetryAfter.D()))
		fail(src, http.StatusServiceUnavailable, "没有存好，请原样重发")
	case outcomes[0].Status == item.Rejected:
		fail(src, http.StatusBadRequest, outcomes[0].Problem.Error())
	default:
		notice := "已收到"
		if outcomes[0].Status == item.Known {
			notice = "此前已收到"
		}
		h.requests.WithLabelValues(src.Name, "200").Inc()
		writeJSON(w, http.StatusOK, []open311Receipt{{outcomes[0].ID, notice}})
	}
}

// open311Cells reads the parameters, from a form or a JSON object, in order of
// their names: a form has none.
func open311Cells(w http.ResponseWriter, r *http.Request) (cells []item.Field, status int, reason string) {
	r.Body = http.MaxBytesReader(w, r.Body, open311Body)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	values := map[string]string{}
	var err error
	switch kind {
	case "application/x-www-form-urlencoded", "multipart/form-data":
		// In this order: ParseMultipartForm alone would hide what went wrong.
		if err = r.ParseForm(); err == nil && kind == "multipart/form-data" {
			err = r.ParseMultipartForm(open311Body)
		}
		for k, v := range r.Form {
			values[k] = strings.Join(v, "；")
		}
		if r.MultipartForm != nil {
			r.MultipartForm.RemoveAll() //nolint:errcheck // temporary files of parts that are not kept
		}
	case "application/json":
		var b []byte
		if b, err = io.ReadAll(r.Body); err == nil {
			var m map[string]any
			if json.Unmarshal(b, &m) != nil {
				return nil, http.StatusBadRequest, "请求体不是 JSON 对象"
			}
			flattenAny(values, "", m)
		}
		for k, v := range r.URL.Query() {
			values[k] = strings.Join(v, "；")
		}
	default:
		return nil, http.StatusUnsupportedMediaType, "Content-Type 应为 application/x-www-form-urlencoded 或 application/json"
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge, "请求太大"
	case err != nil:
		return nil, http.StatusBadRequest, "请求体读不出"
	}
	names := make([]string, 0, len(values))
	for k := range values {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		if strings.TrimSpace(values[k]) != "" {
			cells = append(cells, item.Field{Name: k, Value: values[k]})
		}
	}
	return cells, 0, ""
}

func flattenAny(into map[string]string, prefix string, m map[string]any) {
	for k, v := range m {
		switch x := v.(type) {
		case nil:
		case string:
			into[prefix+k] = x
		case map[string]any:
			flattenAny(into, prefix+k+".", x)
		default:
			b, _ := json.Marshal(x) // of what was just unmarshalled
			into[prefix+k] = string(b)
		}
	}
}

// open311Item makes an item of a request. GeoReport's names are turned into
// those the generic mapping knows, so that names and phones are protected by
// the same rules as everywhere.
func (h *Handler) open311Item(src source, cells []item.Field, key string) (it item.Item, status int, reason string) {
	code := cellValue(cells, "service_code")
	if code == "" {
		return it, http.StatusBadRequest, "没有 service_code"
	}
	if cellValue(cells, "description") == "" {
		return it, http.StatusBadRequest, "没有 description：请写明所反映的事"
	}
	names := map[string]string{
		"description": "text", "requested_datetime": "submitted", "address_string": "address", "address": "address",
		"phone": "phone", "email": "extra.email", "title": "title",
	}
	person := strings.TrimSpace(cellValue(cells, "last_name") + cellValue(cells, "first_name"))
	mapped := []item.Field{}
	if person != "" {
		mapped = append(mapped, item.Field{Name: "name", Value: person})
	}
	if key = strings.TrimSpace(key); key != "" {
		mapped = append(mapped, item.Field{Name: "native_id", Value: key})
	}
	for _, c := range cells {
		switch to, ok := names[c.Name]; {
		case c.Name == "first_name", c.Name == "last_name":
		case ok:
			mapped = append(mapped, item.Field{Name: to, Value: c.Value})
		default:
			mapped = append(mapped, item.Field{Name: extraPrefix + c.Name, Value: c.Value})
		}
	}
	if len(h.cfg.Services) > 0 {
		i := slices.IndexFunc(h.cfg.Services, func(s Service) bool { return s.Code == code })
		if i < 0 {
			return it, http.StatusNotFound, "没有这个 service_code，请看 services.json"
		}
		mapped = append(mapped, item.Field{Name: extraPrefix + "service_name", Value: h.cfg.Services[i].Name})
	}
	it, p := h.generic.Map(mapped, mapping.Options{Channel: cmp.Or(src.Channel, src.mapping.Channel()), Source: src.Name, Key: h.deps.Key, Reading: mapping.Reading{Unix: true}})
	if p != nil {
		return it, http.StatusBadRequest, p.Error()
	}
	for i := range it.Extra {
		it.Extra[i].Name = strings.TrimPrefix(it.Extra[i].Name, extraPrefix)
	}
	if key == "" {
		it.NativeID = open311ID(it, time.Now())
	}
	return it, 0, ""
}

// open311ID numbers a request without an Idempotency-Key by everything it
// says, the keyed hash of its sender included: two citizens with the same
// words are two items, and neither takes the other's name away. A request
// without a time of its own counts once a day, so that one that is sent again
// because its answer was lost is known, and one that is made again later is
// not.
func open311ID(it item.Item, now time.Time) string {
	id := "open311:" + strings.TrimPrefix(item.ContentID(it.Title, it.Text, it.Submitted), "content:") + ":" + strconv.FormatUint(it.Hash(), 16)
	if it.Submitted.IsZero() {
		id += ":" + now.In(item.Zone).Format(time.DateOnly)
	}
	return id
}

func cellIndex(cells []item.Field, name string) int {
	return slices.IndexFunc(cells, func(c item.Field) bool { return c.Name == name })
}

func cellValue(cells []item.Field, name string) string {
	if i := cellIndex(cells, name); i >= 0 {
		return cells[i].Value
	}
	return ""
}
