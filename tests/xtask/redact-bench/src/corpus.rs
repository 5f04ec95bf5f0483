//! The messages that are measured: made from a seed, so that they are the same in every world.
//!
//! The first five are what traffic looks like; the others are what somebody would send who wants the
//! redactor to be slow.

mod adversary;
mod plain;

/// One kind of message.
pub(crate) struct Case {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    make: fn(usize) -> String,
}

impl Case {
    /// A whole message of about so many bytes.
    pub(crate) fn message(&self, bytes: usize) -> String {
        (self.make)(bytes)
    }
}

/// All kinds. `clean` is what the others are compared with.
pub(crate) const CASES: &[Case] = &[
    case("clean", plain::clean),
    case("records", plain::records),
    case("escapes", plain::escapes),
    case("dirty", plain::dirty),
    case("image", plain::image),
    case("near-misses", adversary::near_misses),
    case("assignments", adversary::assignments),
    case("long-token", adversary::long_token),
    case("passwords", adversary::passwords),
    case("deep-arrays", adversary::deep_arrays),
    case("nested-json", adversary::nested_json),
    case("base64-text", adversary::base64_text),
    case("base64-layers", adversary::base64_layers),
    case("pem-heads", adversary::pem_heads),
    case("url-heads", adversary::url_heads),
    case("only-escapes", adversary::only_escapes),
    case("many-keys", adversary::many_keys),
    case("handle-heads", adversary::handle_heads),
    case("jwt-heads", adversary::jwt_heads),
    case("quotes", adversary::quotes),
    case("echoes", adversary::echoes),
    case("findings", adversary::findings),
];

const fn case(name: &'static str, make: fn(usize) -> String) -> Case {
    Case { name, make }
}

/// Numbers in no order that matters: xorshift with a fixed seed.
struct Dice(u64);

impl Dice {
    const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound.max(1)
    }

    fn of<T: Copy>(&mut self, list: &[T], otherwise: T) -> T {
        list.get(self.below(list.len()))
            .copied()
            .unwrap_or(otherwise)
    }

    fn token(&mut self, length: usize) -> String {
        const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length)
            .map(|_| char::from(self.of(ALNUM, b'x')))
            .collect()
    }
}

/// A tool result with one text.
fn said(text: &str) -> String {
    let content = serde_json::json!([{"type": "text", "text": text}]);
    result(&format!("{{\"content\":{content}}}"))
}

/// A result as written.
fn result(json: &str) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{json}}}")
}

/// A text of so many bytes that is made of pieces.
fn filled(bytes: usize, mut piece: impl FnMut() -> String) -> String {
    let mut text = String::with_capacity(bytes + 64);
    while text.len() < bytes {
        text.push_str(&piece());
    }
    text
}
