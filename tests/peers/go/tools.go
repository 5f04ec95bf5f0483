//go:build tools

// Package tools names the Go programs of the nightly run, so that go.sum pins them.
package tools

import _ "github.com/mark3labs/mcp-go/examples/everything"
