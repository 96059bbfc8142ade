package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"qianliyan/cmd/internal/config"
	"qianliyan/cmd/internal/run"
	"qianliyan/ingest/item"
)

// errFailed ends a command whose own output has already said what failed.
var errFailed = errors.New("failed")

// misuse is an error in how a command was called.
type misuse string

// Error is for people, as is what follows.
func (m misuse) Error() string { return "用法不对：" + string(m) }

// failure is what --json says of an error.
type failure struct {
	Reason string `json:"reason"`         // what went wrong
	Hint   string `json:"hint,omitempty"` // what to do about it
}

// fail says what went wrong, in the form that was asked for, and returns the
// exit status. It is the only place that does.
func (c *Common) fail(err error) int {
	if errors.Is(err, errFailed) {
		return 1
	}
	code, text := 1, "出错："+err.Error()
	if errors.As(err, new(misuse)) {
		code, text = 2, err.Error()+"\n用 qianliyan help 看所有命令。"
	}
	fmt.Fprintln(c.err, text)
	if c.JSON {
		b, err := json.Marshal(map[string]failure{"error": failureOf(err)})
		if err != nil {
			return code
		}
		fmt.Fprintf(c.out, "%s\n", b)
	}
	return code
}

// failureOf takes an error apart where it knows its parts.
func failureOf(err error) failure {
	var wrong misuse
	var problems config.Problems
	var answer *run.AnswerError
	var problem *item.Problem
	switch {
	case errors.As(err, &wrong):
		return failure{string(wrong), "用 qianliyan help 看所有命令"}
	case errors.As(err, &problems):
		return failure{problems.Error(), "用 qianliyan config check 逐条检查"}
	case errors.As(err, &answer):
		problem = &answer.Problem
	case errors.As(err, &problem):
	}
	if problem == nil || problem.Reason == "" {
		return failure{Reason: err.Error()}
	}
	said := *problem
	said.Hint = ""
	return failure{said.Error(), problem.Hint}
}

// asksJSON finds --json in a command line the parser did not get through.
func asksJSON(args []string) bool {
	for _, a := range args {
		if a == "--" {
			return false
		}
		if v, ok := strings.CutPrefix(a, "--json"); ok && (v == "" || v == "=true") {
			return true
		}
	}
	return false
}
