//! Envoy: with its host calls the only room that names proxy-wasm.
//!
//! Callbacks become inputs, effects become host calls, and nothing is decided here. Only
//! `hostcalls` functions are used: the SDK's trait methods unwrap what the host answers. A request
//! or an answer that no effect has let go is paused.

mod host;

use std::rc::Rc;
use std::time::Duration;

use portcullis_protocol::limits::{ANSWER_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::{EPOCH_PATH, EpochAnswer, OUTCOMES_PATH, Report};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel, MapType};

use crate::budget::Held;
use crate::config::Config;
use crate::exchange::{Ask, BodyMode, Effect, Exchange, Gate, Input, RequestHead, ResponseHead};
use crate::vm::Vm;
use host::{
    answer_status, buffer, dispatch, log, note, now_us, origin, peer, read_claims, send, set_body,
    set_reply_head, set_request_body, set_request_headers, strip, tell_server, tell_unsaid,
};

/// How often waiting reports are sent.
const TICK: Duration = Duration::from_millis(100);
/// How many ticks a refused batch waits.
const REST_TICKS: u32 = 10;
/// The answer to a question that nobody answers.
const SILENCE: Input<'static> = Input::Answered {
    status: 0,
    body: &[],
};
/// How often a whole message is in memory while it is judged: as it came, and as it is asked about.
const COPIES: usize = 2;
/// How long a batch of reports may take.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

#[derive(Default)]
struct Root {
    vm: Option<Vm>,
    rest: u32,
    /// The token of the question for the epoch that is out.
    epoch: Option<u32>,
    /// What the log was told of already: reports that were lost, and exchanges without room.
    told: (u64, u64),
}

impl Root {
    /// Sends the next batch of reports, if there is one.
    fn send_reports(&mut self) {
        let Some(vm) = &self.vm else { return };
        let Some(body) = vm.waiting.borrow_mut().batch() else {
            return;
        };
        if dispatch(&vm.config, OUTCOMES_PATH, &body, REPORT_TIMEOUT).is_none() {
            vm.waiting.borrow_mut().returned();
            self.rest = REST_TICKS;
        }
    }

    /// Asks what the policy server's answers are given under, when it is time.
    fn ask_epoch(&mut self) {
        let Some(vm) = &self.vm else { return };
        if vm.epoch.borrow_mut().is_due(now_us()) {
            let timeout = Duration::from_millis(u64::from(vm.config.policy_timeout_ms));
            self.epoch = dispatch(&vm.config, EPOCH_PATH, b"{}", timeout);
        }
    }

    fn take_epoch(&self, body: usize) {
        let Some(vm) = &self.vm else { return };
        let bytes = buffer(BufferType::HttpCallResponseBody, body.min(ANSWER_BYTES_MAX));
        let answer = serde_json::from_slice::<EpochAnswer>(&bytes);
        if let (200, Ok(answer)) = (answer_status(), answer) {
            vm.epoch.borrow_mut().told(&answer, now_us());
            vm.rules.borrow_mut().told(answer.rules, now_us());
        }
    }

    /// Says what went wrong since the last tick, in one line each.
    fn tell_losses(&mut self) {
        let Some(vm) = &self.vm else { return };
        let now = (vm.waiting.borrow().lost(), vm.budget.borrow().refused());
        if now.0 > self.told.0 {
            let lost = now.0 - self.told.0;
            let waiting = vm.waiting.borrow().bytes();
            log(
                LogLevel::Error,
                &format!(
                    "{lost} reports were lost: the policy server takes none, or cannot read them \
                     ({waiting} bytes wait); the audit log will say how many are missing"
                ),
            );
        }
        if now.1 > self.told.1 {
            let refused = now.1 - self.told.1;
            let held = vm.budget.borrow().bytes();
            log(
                LogLevel::Warn,
                &format!(
                    "{refused} exchanges were refused or ended for want of room: this worker holds \
                     {held} of {} bytes (`memory_mib`)",
                    vm.config.memory_bytes
                ),
            );
        }
        self.told = now;
    }
}

impl Context for Root {
    fn on_http_call_response(
        &mut self,
        token: u32,
        _headers: usize,
        body: usize,
        _trailers: usize,
    ) {
        if self.epoch == Some(token) {
            self.epoch = None;
            return self.take_epoch(body);
        }
        let Some(vm) = &self.vm else { return };
        match answer_status() {
            200 => vm.waiting.borrow_mut().accepted(),
            // Sent again as they are, they would be refused again.
            400 | 413 | 422 => vm.waiting.borrow_mut().unreadable(),
            _ => {
                vm.waiting.borrow_mut().returned();
                self.rest = REST_TICKS;
                return;
            }
        }
        self.send_reports();
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let bytes = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size);
        let bytes = bytes.ok().flatten().unwrap_or_default();
        match Config::parse(&bytes) {
            Ok(config) => {
                self.vm = Some(Vm::new(config));
                hostcalls::set_tick_period(TICK).is_ok()
            }
            Err(error) => {
                log(LogLevel::Error, &error.to_string());
                false
            }
        }
    }

    fn on_tick(&mut self) {
        self.rest = self.rest.saturating_sub(1);
        tell_unsaid();
        self.tell_losses();
        self.ask_epoch();
        if self.rest == 0 {
            self.send_reports();
        }
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        let vm = self.vm.clone()?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        let call = CallId::from_bytes(random);
        Some(Box::new(Stream {
            held: Held::new(Rc::clone(&vm.budget)),
            exchange: Exchange::new(vm.clone(), call, now_us()),
            vm,
            request: Gate::Hold,
            answer: Gate::Hold,
            staged: None,
            question: None,
            unread: Unread::default(),
            buffered: 0,
            body: Gate::Open,
            bodiless: None,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One HTTP stream.
struct Stream {
    vm: Vm,
    exchange: Exchange,
    /// What the exchange holds of the VM's memory.
    held: Held,
    request: Gate,
    answer: Gate,
    /// Bytes for the answer's body that wait for the gate to open.
    staged: Option<Vec<u8>>,
    /// The token of the question that is out.
    question: Option<u32>,
    unread: Unread,
    /// Bytes of a body that the host holds for the exchange.
    buffered: usize,
    /// How the last part of the answer's body was left: while it stands, the host has a body.
    body: Gate,
    /// The trailers of the answer have come, and the host takes no body any more.
    bodiless: Option<()>,
}

/// Body that came while the exchange could not take it.
#[derive(Clone, Copy, Default)]
struct Unread {
    bytes: usize,
    last: bool,
}

impl Stream {
    fn step(&mut self, input: Input<'_>) {
        let mut effects = self.exchange.step(input, now_us());
        // A question that cannot even be sent is answered by silence.
        while !self.perform(effects) {
            effects = self.exchange.step(SILENCE, now_us());
        }
        self.held.belongs_to(self.exchange.caller());
        self.held.set(self.exchange.held_bytes() + self.buffered);
    }

    /// Takes a step that makes so many bytes of a message the exchange's own, where there is room for
    /// them and for reports about them.
    fn take(&mut self, bytes: usize, read: impl FnOnce(&mut Self)) {
        let without = self.held.bytes().saturating_sub(self.buffered);
        let then = without.saturating_add(bytes);
        let pressed = self.vm.waiting.borrow().is_pressed(self.exchange.caller());
        self.buffered = 0;
        if !pressed && self.held.fits(then) {
            read(self);
        } else {
            self.step(Input::NoRoom);
        }
    }

    /// The host holds so many bytes of a body whose end has not come.
    fn grow(&mut self, bytes: usize, input: Input<'_>) {
        let without = self.held.bytes().saturating_sub(self.buffered);
        if self.held.fits(without.saturating_add(bytes)) {
            self.buffered = bytes;
            self.step(input);
        } else {
            self.buffered = 0;
            self.step(Input::NoRoom);
        }
    }

    /// Does what is wanted; `false` when a question could not be sent.
    #[must_use]
    fn perform(&mut self, effects: Vec<Effect>) -> bool {
        let mut asked = true;
        for effect in effects {
            match effect {
                Effect::Ask(ask) => asked = self.ask(&ask),
                Effect::StripRequest(names) => strip(MapType::HttpRequestHeaders, &names),
                Effect::StripTrailers(names) => strip(MapType::HttpResponseTrailers, &names),
                Effect::SetRequest(headers) => set_request_headers(&headers),
                Effect::RequestBody(bytes) => set_request_body(&bytes),
                Effect::Forward(_permit) => self.request = Gate::Open,
                Effect::Reply(reply) => send(&reply),
                Effect::ReplyHead(head) => set_reply_head(&head),
                Effect::Body(bytes) => self.staged.get_or_insert_default().extend(bytes),
                Effect::Answer(gate) => self.answer = gate,
                Effect::Reset => note(hostcalls::reset_http_response()),
                Effect::Tell(tell) => tell_server(&tell, self.timeout()),
                Effect::Report(report) => self.report(&report),
                Effect::Note(line) => log(LogLevel::Warn, &line),
            }
        }
        asked
    }

    /// Puts what may go into the host's buffer, which was emptied when it was read.
    fn stage(&mut self) {
        if self.answer == Gate::Hold {
            return;
        }
        let Some(bytes) = self.staged.take() else {
            return;
        };
        if self.bodiless.is_none() {
            set_body(&bytes);
        } else if !bytes.is_empty() {
            // Behind the last body callback the host takes no body; then there is none at all.
            note(hostcalls::reset_http_response());
        }
    }

    fn ask(&mut self, ask: &Ask) -> bool {
        let config = &self.vm.config;
        self.question = dispatch(config, ask.path, &ask.body, self.timeout());
        self.question.is_some()
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.vm.config.policy_timeout_ms))
    }

    fn report(&self, report: &Report) {
        let caller = self.exchange.caller();
        self.vm.waiting.borrow_mut().push(caller, report);
    }

    /// Hands over the whole body of the request, of which the host holds so many bytes at most.
    fn request_end(&mut self, size: usize) {
        let size = size.min(REQUEST_BYTES_MAX + 1);
        self.take(COPIES * size, |stream| {
            let body = buffer(BufferType::HttpRequestBody, size);
            stream.step(Input::RequestEnd(body));
        });
    }

    /// Hands over a part of the answer's body; `size` counts all that the host holds.
    fn body(&mut self, size: usize, last: bool) {
        match self.exchange.body_mode() {
            BodyMode::Untouched => {}
            BodyMode::Later => {
                let bytes = size.max(self.unread.bytes);
                self.unread = Unread { bytes, last };
            }
            BodyMode::Whole if !last => {
                self.grow(size, Input::ResponseBody(size));
                if self.exchange.body_mode() == BodyMode::Discarded {
                    self.discard(size, last);
                }
            }
            // One byte more than may be is enough to see that it is too much.
            BodyMode::Whole => {
                let size = size.min(RESPONSE_BYTES_MAX + 1);
                self.take(COPIES * size, |stream| stream.chunk(size, last));
                if self.exchange.body_mode() == BodyMode::Discarded {
                    self.discard(size, last);
                }
            }
            BodyMode::Discarded => self.discard(size, last),
            BodyMode::Chunks => self.take(size, |stream| stream.chunk(size, last)),
        }
    }

    /// Lets the host forget what of a body will not go.
    fn discard(&mut self, size: usize, last: bool) {
        self.buffered = 0;
        if size > 0 {
            set_body(&[]);
        }
        if last {
            self.step(Input::ResponseChunk { bytes: &[], last });
        }
    }

    fn chunk(&mut self, size: usize, last: bool) {
        let bytes = buffer(BufferType::HttpResponseBody, size);
        if self.exchange.body_mode() == BodyMode::Chunks && size > 0 {
            set_body(&[]);
        }
        let bytes = &bytes;
        self.step(Input::ResponseChunk { bytes, last });
    }

    /// Hands over what came while the exchange waited for a question about the head.
    fn catch_up(&mut self) {
        if self.exchange.body_mode() == BodyMode::Later {
            return;
        }
        let unread = std::mem::take(&mut self.unread);
        if unread.bytes > 0 || unread.last {
            self.body(unread.bytes, unread.last);
        }
    }
}

impl Context for Stream {
    fn on_http_call_response(
        &mut self,
        token: u32,
        _headers: usize,
        body: usize,
        _trailers: usize,
    ) {
        if self.question != Some(token) {
            return;
        }
        self.question = None;
        let (request, answer) = (self.request, self.answer);
        // Lists come back on this way too, so the bound is theirs; verdicts are far below it.
        let size = body.min(RESPONSE_BYTES_MAX + ANSWER_BYTES_MAX);
        let (status, bytes) = (
            answer_status(),
            buffer(BufferType::HttpCallResponseBody, size),
        );
        let body = &bytes;
        self.step(Input::Answered { status, body });
        self.catch_up();
        self.stage();
        if request == Gate::Hold && self.request == Gate::Open {
            note(hostcalls::resume_http_request());
        }
        if answer == Gate::Hold && self.answer == Gate::Open {
            // What the host held is on its way; touching it now would bring Envoy down.
            self.body = Gate::Open;
            note(hostcalls::resume_http_response());
        }
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, last: bool) -> Action {
        let headers = hostcalls::get_map_bytes(MapType::HttpRequestHeaders).unwrap_or_default();
        let claims = read_claims(&self.vm.config);
        let peer = peer(&self.vm.config).unwrap_or_default();
        self.step(Input::RequestHead(RequestHead {
            headers: &headers,
            claims: claims.as_ref(),
            peer: &peer,
            last,
        }));
        if last && self.exchange.is_reading() {
            self.step(Input::RequestEnd(Vec::new()));
        }
        action(self.request)
    }

    fn on_http_request_body(&mut self, size: usize, last: bool) -> Action {
        if self.exchange.is_reading() {
            if last {
                self.request_end(size);
            } else {
                self.grow(size, Input::RequestBody(size));
            }
        }
        action(self.request)
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        if self.exchange.is_reading() {
            self.request_end(REQUEST_BYTES_MAX + 1);
        }
        action(self.request)
    }

    fn on_http_response_headers(&mut self, _count: usize, last: bool) -> Action {
        let headers = hostcalls::get_map_bytes(MapType::HttpResponseHeaders).unwrap_or_default();
        let from = origin(&headers);
        self.step(Input::ResponseHead(ResponseHead {
            headers: &headers,
            last,
            from,
        }));
        action(self.answer)
    }

    fn on_http_response_body(&mut self, size: usize, last: bool) -> Action {
        self.body(size, last);
        self.stage();
        self.body = self.answer;
        action(self.answer)
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        let trailers = hostcalls::get_map_bytes(MapType::HttpResponseTrailers);
        self.step(Input::ResponseTrailers(&trailers.unwrap_or_default()));
        let held = match self.exchange.body_mode() {
            BodyMode::Whole => RESPONSE_BYTES_MAX + 1,
            BodyMode::Untouched | BodyMode::Later | BodyMode::Chunks | BodyMode::Discarded => 0,
        };
        self.bodiless = (self.body == Gate::Open).then_some(());
        self.body(held, true);
        self.stage();
        action(self.answer)
    }

    fn on_log(&mut self) {
        self.step(Input::Gone);
    }
}

const fn action(gate: Gate) -> Action {
    match gate {
        Gate::Hold => Action::Pause,
        Gate::Open => Action::Continue,
    }
}
