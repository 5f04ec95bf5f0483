// The official Go SDK playing the story that ../telling.mjs describes. It probes for the modern
// era unless told otherwise; `--era legacy` asks for the last version that has a handshake.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const limit = 60 * time.Second

type call struct {
	tool string
	args map[string]any
}

type profile struct {
	echo    call
	answer  string
	slow    func(steps, delay int) call
	denied  call
	uri     string // empty: the first one listed
	prompt  string
	secrets []string
}

var profiles = map[string]profile{
	"fixture": {
		echo:   call{"echo", map[string]any{"text": "hello"}},
		answer: "hello",
		slow: func(steps, delay int) call {
			return call{"slow_count", map[string]any{"steps": steps, "delay_ms": delay}}
		},
		denied:  call{"delete_file", map[string]any{"path": "/etc/passwd"}},
		uri:     "test://static-text",
		prompt:  "test_simple_prompt",
		secrets: []string{"secret_text", "secret_record", "secret_badge"},
	},
	"everything": {
		echo:   call{"echo", map[string]any{"message": "hello"}},
		answer: "Echo: hello",
		slow: func(steps, delay int) call {
			duration := float64(steps*delay) / 1000
			return call{"trigger-long-running-operation", map[string]any{"duration": duration, "steps": steps}}
		},
		denied: call{"get-env", map[string]any{}},
		prompt: "simple-prompt",
	},
}

type step struct {
	Step   string `json:"step"`
	OK     bool   `json:"ok"`
	Detail any    `json:"detail,omitempty"`
	Why    string `json:"why,omitempty"`
}

type report struct {
	Client   string `json:"client"`
	Asked    string `json:"asked"`
	Era      string `json:"era,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Server   string `json:"server,omitempty"`
	Error    string `json:"error,omitempty"`
	Steps    []step `json:"steps"`
}

// player is one open session and what the story needs around it.
type player struct {
	session  *mcp.ClientSession
	profile  profile
	progress atomic.Int64
	tokens   atomic.Int64
}

func (p *player) call(ctx context.Context, c call) (*mcp.CallToolResult, string, error) {
	params := &mcp.CallToolParams{Name: c.tool, Arguments: c.args}
	// The SDK asks for progress only when the caller sets a token.
	params.SetProgressToken(fmt.Sprintf("story-%d", p.tokens.Add(1)))
	result, err := p.session.CallTool(ctx, params)
	if err != nil {
		return nil, "", err
	}
	var text strings.Builder
	for _, part := range result.Content {
		if t, ok := part.(*mcp.TextContent); ok {
			text.WriteString(t.Text)
		}
	}
	return result, text.String(), nil
}

func (p *player) list(ctx context.Context) (bool, any, error) {
	listed, err := p.session.ListTools(ctx, nil)
	if err != nil {
		return false, nil, err
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
	}
	return len(names) > 0, names, nil
}

func (p *player) echo(ctx context.Context) (bool, any, error) {
	result, text, err := p.call(ctx, p.profile.echo)
	return err == nil && !result.IsError && text == p.profile.answer, brief(text), err
}

func (p *player) streaming(ctx context.Context) (bool, any, error) {
	p.progress.Store(0)
	result, _, err := p.call(ctx, p.profile.slow(3, 50))
	// Notifications are handed to the handler on their own goroutine, so the last may trail.
	time.Sleep(50 * time.Millisecond)
	seen := p.progress.Load()
	return err == nil && !result.IsError && seen >= 1, seen, err
}

func (p *player) denied(ctx context.Context) (bool, any, error) {
	wanted := os.Getenv("STORY_DENIED_TEXT")
	result, text, err := p.call(ctx, p.profile.denied)
	// Only an isError result is readable for the model behind the client; an error is not.
	if err != nil {
		return wanted == "", map[string]any{"surface": "error", "text": err.Error()}, nil
	}
	readable := result.IsError && strings.Contains(text, wanted)
	if !result.IsError {
		text = brief(text)
	}
	detail := map[string]any{"surface": "result", "isError": result.IsError, "text": text}
	return wanted == "" || readable, detail, nil
}

func (p *player) resource(ctx context.Context) (bool, any, error) {
	listed, err := p.session.ListResources(ctx, nil)
	if err != nil {
		return false, nil, err
	}
	uri := ""
	for _, resource := range listed.Resources {
		if p.profile.uri == "" || resource.URI == p.profile.uri {
			uri = resource.URI
			break
		}
	}
	if uri == "" {
		return false, "not listed", nil
	}
	read, err := p.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return false, nil, err
	}
	size := 0
	for _, content := range read.Contents {
		size += len(content.Text) + len(content.Blob)
	}
	return size > 0, uri, nil
}

func (p *player) prompt(ctx context.Context) (bool, any, error) {
	got, err := p.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: p.profile.prompt})
	if err != nil {
		return false, nil, err
	}
	return len(got.Messages) >= 1, len(got.Messages), nil
}

func (p *player) secrets(ctx context.Context) (bool, any, error) {
	wanted := os.Getenv("STORY_REDACTED")
	type seen struct {
		Surface string `json:"surface"`
		IsError bool   `json:"isError"`
		Text    string `json:"text"`
	}
	detail := map[string]seen{}
	for _, tool := range p.profile.secrets {
		result, text, err := p.call(ctx, call{tool, map[string]any{}})
		if err != nil {
			detail[tool] = seen{Surface: "error", Text: err.Error()}
			continue
		}
		detail[tool] = seen{Surface: "result", IsError: result.IsError, Text: text}
	}
	hides := func(tool string, isError bool) bool {
		s := detail[tool]
		return s.Surface == "result" && s.IsError == isError && !strings.Contains(s.Text, "ghp_")
	}
	masked := func(tool string) bool { return hides(tool, false) && strings.Contains(detail[tool].Text, wanted) }
	// A placeholder does not fit the badge's schema: the whole result must have become an error.
	passed := masked("secret_text") && masked("secret_record") && hides("secret_badge", true)
	return wanted == "" || passed, detail, nil
}

func (p *player) cancel(ctx context.Context) (bool, any, error) {
	callCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, _, err := p.call(callCtx, p.profile.slow(200, 50))
		ended <- err
	}()
	select {
	case err := <-ended:
		return false, nil, fmt.Errorf("over before the cancel: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	start := time.Now()
	cancel()
	err := <-ended
	took := time.Since(start)
	if err == nil {
		return false, nil, fmt.Errorf("the cancelled call still gave a result")
	}
	after, _, echoErr := p.echo(ctx)
	// The SDK sends its cancel notice from the background; closing at once could lose it.
	time.Sleep(100 * time.Millisecond)
	detail := map[string]any{"ended": err.Error(), "ms": took.Milliseconds()}
	return after && took < 2*time.Second, detail, echoErr
}

// brief names an answer without repeating it: get-env answers with a whole environment.
func brief(text string) string {
	if len(text) > 200 {
		return fmt.Sprintf("%d characters", len(text))
	}
	return text
}

// withToken sends the bearer token on every request; the transport takes any http.Client.
type withToken struct{ token string }

func (w withToken) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if w.token != "" {
		request.Header.Set("Authorization", "Bearer "+w.token)
	}
	return http.DefaultTransport.RoundTrip(request)
}

func hung(step any) string { return fmt.Sprintf("%v hung: no answer within %v", step, limit) }

func main() {
	url := flag.String("url", "", "the MCP endpoint")
	token := flag.String("token", "", "bearer token")
	era := flag.String("era", "auto", "auto or legacy")
	name := flag.String("profile", "fixture", "fixture or everything")
	flag.Parse()
	prof, known := profiles[*name]
	if *url == "" || !known || (*era != "auto" && *era != "legacy") {
		flag.Usage()
		os.Exit(2)
	}

	// Whole steps are bounded by the context; a client that ignores it is bounded by the timer.
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	rep := report{Client: "github.com/modelcontextprotocol/go-sdk", Asked: *era, Steps: []step{}}
	done := make(chan struct{})
	var now atomic.Value
	now.Store("connect")

	p := &player{profile: prof}
	acts := []struct {
		name string
		act  func(context.Context) (bool, any, error)
	}{
		{"list", p.list}, {"call", p.echo}, {"progress", p.streaming}, {"denied", p.denied},
		{"resource", p.resource}, {"prompt", p.prompt}, {"secrets", p.secrets}, {"cancel", p.cancel},
	}

	go func() {
		defer close(done)
		client := mcp.NewClient(&mcp.Implementation{Name: "portcullis-story-go", Version: "1.0.0"}, &mcp.ClientOptions{
			ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { p.progress.Add(1) },
		})
		options := &mcp.ClientSessionOptions{}
		if *era == "legacy" {
			options.ProtocolVersion = "2025-11-25"
		}
		transport := &mcp.StreamableClientTransport{
			Endpoint:   *url,
			HTTPClient: &http.Client{Transport: withToken{*token}},
		}
		session, err := client.Connect(ctx, transport, options)
		if err != nil {
			rep.Error = "connect: " + err.Error()
			return
		}
		p.session = session
		spoken := session.InitializeResult()
		rep.Protocol, rep.Era = spoken.ProtocolVersion, "legacy"
		if spoken.ProtocolVersion >= "2026-07-28" {
			rep.Era = "modern"
		}
		if spoken.ServerInfo != nil {
			rep.Server = spoken.ServerInfo.Name
		}
		for _, a := range acts {
			now.Store(a.name)
			ok, detail, err := a.act(ctx)
			if ctx.Err() != nil {
				rep.Error = hung(a.name)
				return
			}
			s := step{Step: a.name, OK: ok && err == nil, Detail: detail}
			if err != nil {
				s.Why = err.Error()
			}
			rep.Steps = append(rep.Steps, s)
		}
		now.Store("close")
		if err := session.Close(); err != nil {
			rep.Error = "close: " + err.Error()
		}
	}()

	select {
	case <-done:
	case <-time.After(limit + time.Second):
		rep.Error = hung(now.Load())
	}
	for _, a := range acts[len(rep.Steps):] {
		why := "not reached"
		if a.name == now.Load() {
			why = "hung"
		}
		rep.Steps = append(rep.Steps, step{Step: a.name, Why: why})
	}
	_ = json.NewEncoder(os.Stdout).Encode(rep)
	code := 0
	if rep.Error != "" {
		code = 1
	}
	for _, s := range rep.Steps {
		if !s.OK {
			code = 1
		}
	}
	os.Exit(code)
}
