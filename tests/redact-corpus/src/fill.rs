//! Templates: `‹w20›` is twenty characters of an alphabet, `‹w20-40›` twenty to forty, `‹host›` a
//! made-up host; `«` and `»` stand around what is secret.

use crate::crc;
use crate::random::Random;

/// A template filled in: what is secret of it, and what stands before and behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled {
    /// All of it.
    pub(crate) text: String,
    /// What is secret, each part by itself.
    pub(crate) parts: Vec<String>,
    /// What stands before the first secret.
    pub(crate) head: String,
    /// What stands behind the last secret.
    pub(crate) tail: String,
}

/// Fills in a template.
pub(crate) fn fill(random: &mut Random, template: &str) -> Filled {
    let mut marked = String::new();
    for (index, piece) in template.split(['‹', '›']).enumerate() {
        if index % 2 == 0 {
            marked.push_str(piece);
        } else {
            let made = blank(random, piece, &marked);
            marked.push_str(&made);
        }
    }
    read_marks(&marked)
}

fn read_marks(marked: &str) -> Filled {
    let text: String = marked.chars().filter(|c| !matches!(c, '«' | '»')).collect();
    let parts: Vec<String> = marked
        .split('«')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('»')?.0.to_owned()))
        .collect();
    let head = marked.split_once('«').map_or("", |(head, _)| head);
    let tail = marked.rsplit_once('»').map_or("", |(_, tail)| tail);
    Filled {
        head: head.to_owned(),
        tail: tail.to_owned(),
        text,
        parts,
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn alphabet(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "0123456789",
        'D' => "123456789",
        'h' => "0123456789abcdef",
        'H' => "0123456789ABCDEF",
        'l' => LOWER,
        'U' => UPPER,
        'z' => LETTERS,
        'a' => "0123456789abcdefghijklmnopqrstuvwxyz",
        'i' => "abcdefghijklmnopqrstuvwxyz234567",
        'A' => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        'w' => ALNUM,
        'u' => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-",
        'b' => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/",
        't' => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_",
        'B' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        'c' => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        'C' => "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        's' => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
        _ => return None,
    })
}

/// What one blank becomes; an unknown one stays as it is, which a test looks for.
fn blank(random: &mut Random, name: &str, before: &str) -> String {
    if let Some(made) = run(random, name) {
        return made;
    }
    let list = match name {
        "crc" => return crc::digits(&tail_of(before)),
        "uuid" => return fill(random, "‹h8›-‹h4›-4‹h3›-a‹h3›-‹h12›").text,
        "pw" => return password(random),
        "safepw" => return password(random).replace(['@', ':', '/', '#', '%', '&', '?', '+'], "_"),
        "userid" => return base64_url(&fill(random, "‹D1›‹d17-18›").text),
        "date" => return fill(random, "2026-0‹D1›-1‹d1›T0‹d1›:2‹d1›:4‹d1›Z").text,
        "ip" => return fill(random, "10.‹D1›.‹D1›‹d1›.‹D1›‹d1›").text,
        "host" => HOSTS,
        "user" => USERS,
        "db" => DATABASES,
        "word" => WORDS,
        "pem" => return pem_lines(random, 12).join("\n"),
        "jwt" => return jwt(random),
        _ => return format!("‹{name}›"),
    };
    random.one(list).to_owned()
}

/// `w20`, `w20-40`
fn run(random: &mut Random, name: &str) -> Option<String> {
    let mut chars = name.chars();
    let letters = alphabet(chars.next()?)?;
    let (least, most) = match chars.as_str().split_once('-') {
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
        None => (chars.as_str().parse().ok()?, chars.as_str().parse().ok()?),
    };
    let length: usize = least;
    let most: usize = most;
    let length = length + random.below(most.saturating_sub(least) + 1);
    Some(random.text(letters, length))
}

/// The random part that a checksum covers: the letters and digits at the end.
fn tail_of(before: &str) -> String {
    let bytes = before.bytes().rev();
    let tail: Vec<u8> = bytes.take_while(u8::is_ascii_alphanumeric).collect();
    tail.into_iter().rev().map(char::from).collect()
}

/// Passwords as people and machines make them.
fn password(random: &mut Random) -> String {
    let made = match random.below(5) {
        0 => "‹w14-20›",
        1 => "‹z5›‹d2›!‹z4›‹d3›#‹l2›",
        2 => "‹word›-‹word›-‹d4›-‹word›",
        3 => "‹h24-32›",
        _ => "‹U1›‹l6›‹d4›@‹w4›!",
    };
    fill(random, made).text
}

pub(crate) fn pem_lines(random: &mut Random, lines: usize) -> Vec<String> {
    let mut made: Vec<String> = (0..lines).map(|_| fill(random, "‹b64›").text).collect();
    made.push(fill(random, "‹b40›=").text);
    made
}

fn base64_url(text: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, text)
}

fn jwt(random: &mut Random) -> String {
    let claims = fill(
        random,
        r#"{"iss":"https://id.‹host›","sub":"‹user›","iat":17‹d8›,"exp":18‹d8›,"jti":"‹w16›"}"#,
    );
    let header = random.one(&[
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT","kid":"2026-03"}"#,
        r#"{"typ":"at+jwt","alg":"ES256","kid":"a1"}"#,
    ]);
    let signature = random.text(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-",
        43,
    );
    format!(
        "{}.{}.{signature}",
        base64_url(header),
        base64_url(&claims.text)
    )
}

const HOSTS: &[&str] = &[
    "db.internal",
    "api.acme.io",
    "10.20.0.7",
    "cache-01.prod.acme.net",
    "localhost",
    "queue.acme.dev",
    "vault.corp.example.org",
    "git.acme.io",
];
const USERS: &[&str] = &[
    "deploy",
    "svc_billing",
    "alice",
    "bob.martin",
    "ci-runner",
    "app",
    "postgres",
    "reporter",
];
const DATABASES: &[&str] = &[
    "orders",
    "billing",
    "inventory",
    "app_production",
    "metrics",
];
const WORDS: &[&str] = &[
    "harbor", "violet", "copper", "signal", "meadow", "rocket", "lantern", "puzzle", "granite",
    "falcon", "orchid", "thunder", "pebble", "walnut",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_taken_out() {
        let filled = fill(&mut Random::new(1), "a=«x‹d3›» b=«y» c");
        assert_eq!((filled.head.as_str(), filled.tail.as_str()), ("a=", " c"));
        assert_eq!(filled.parts.len(), 2);
        assert_eq!(filled.parts[0].len(), 4);
        assert!(!filled.text.contains('«'));
    }

    #[test]
    fn a_token_of_github_has_its_checksum() {
        let token = fill(&mut Random::new(1), "ghp_‹w30›‹crc›").text;
        let random = token.strip_prefix("ghp_").unwrap();
        let (random, checksum) = random.split_at(30);
        assert_eq!(crc::digits(random), checksum);
    }
}
