//! Samples of every format, made from its description.

use super::super::alphabet::{ALNUM, Alphabet, BASE58, DIGIT, HEX, LOWER, STD64, UPPER, URL64};
use super::super::{Body, FORMATS, Format, Look, Part};

/// Numbers that look random and are the same in every run.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub(super) fn text(&mut self, alphabet: Alphabet, length: usize) -> String {
        let all: Vec<char> = (0..128_u8)
            .filter(|byte| alphabet.has(*byte) && *byte != b'=')
            .map(char::from)
            .collect();
        (0..length).map(|_| all[self.below(all.len())]).collect()
    }
}

/// A body that has the look of its format, when one of a thousand has.
pub(super) fn body(
    random: &mut Random,
    look: Look,
    make: &dyn Fn(&mut Random) -> String,
) -> String {
    let mut body = make(random);
    for _ in 0..1_000 {
        if let Look::Holds(text) = look {
            let middle = (body.len() / 2).min(body.len().saturating_sub(text.len()));
            body.replace_range(middle..(middle + text.len()).min(body.len()), text);
        }
        if look.fits(body.as_bytes()) {
            break;
        }
        body = make(random);
    }
    body
}

/// For each format, prefix and form: a sample without its prefix.
pub(super) fn samples(random: &mut Random) -> Vec<(&'static Format, &'static str, String)> {
    let mut samples = Vec::new();
    for format in FORMATS {
        let forms: Vec<Vec<Part>> = match format.body {
            Body::Run(part) => vec![vec![part]],
            Body::Either(forms) => forms.iter().map(|form| form.to_vec()).collect(),
            Body::Own(_) => Vec::new(),
        };
        for (prefix, form) in format
            .prefixes
            .iter()
            .flat_map(|prefix| forms.iter().map(move |form| (*prefix, form)))
        {
            let body = body(random, format.look, &|random| {
                form.iter().map(|part| sample(part, random)).collect()
            });
            samples.push((format, prefix, body));
        }
    }
    samples
}

fn sample(part: &Part, random: &mut Random) -> String {
    match *part {
        Part::Run(alphabet, min, max) => {
            let length = min + random.below((max - min).min(20) + 1);
            random.text(alphabet, length)
        }
        Part::Is(text) => text.to_owned(),
        Part::Uuid => [8, 4, 4, 4, 12]
            .map(|length| random.text(HEX, length))
            .join("-"),
    }
}

/// Samples of the formats that are known by their middle: the name and the whole secret.
pub(super) fn own(random: &mut Random) -> Vec<(&'static str, String)> {
    let mut of = |alphabet, length| random.text(alphabet, length);
    let number = base64(&["8", &of(DIGIT, 17)].concat());
    vec![
        ("telegram-bot-token", of(DIGIT, 10) + ":AA" + &of(URL64, 33)),
        (
            "terraform-token",
            of(ALNUM, 14) + ".atlasv1." + &of(URL64, 67),
        ),
        ("azure-client-secret", of(ALNUM, 3) + "8Q~" + &of(ALNUM, 34)),
        (
            "azure-devops-token",
            of(ALNUM, 52) + "JQQJ99" + &of(ALNUM, 18) + "AZDO" + &of(ALNUM, 4),
        ),
        (
            "azure-annotated-key",
            of(ALNUM, 52) + "JQQJ9" + &of(ALNUM, 27) + &of(ALNUM, 2) + "==",
        ),
        (
            "azure-account-key",
            of(STD64, 76) + "+ASt" + &of(STD64, 6) + "==",
        ),
        (
            "azure-messaging-key",
            of(STD64, 33) + "AIoT" + &of(STD64, 6) + "=",
        ),
        ("azure-registry-key", of(STD64, 42) + "+ACR" + &of(STD64, 6)),
        ("azure-search-key", of(ALNUM, 42) + "AzSe" + &of(ALNUM, 6)),
        (
            "twitter-bearer-token",
            "A".repeat(21)
                + "MLhe"
                + &of(ALNUM, 20)
                + "%2B"
                + &of(ALNUM, 9)
                + "%3D"
                + &of(ALNUM, 50),
        ),
        (
            "twitter-bearer-token",
            "A".repeat(22) + &of(STD64, 32) + "=" + &of(ALNUM, 50),
        ),
        ("mailchimp-key", of(HEX, 32) + "-us21"),
        (
            "discord-bot-token",
            [number, of(URL64, 6), of(URL64, 38)].join("."),
        ),
        (
            "maxmind-key",
            [of(ALNUM, 6), of(ALNUM, 29), "mmk".to_owned()].join("_"),
        ),
        (
            "jwt",
            jwt(&["{\"alg\":\"HS256\"}", "{\"sub\":\"1\"}", &of(LOWER, 32)]),
        ),
        (
            "jwt",
            jwt(&["{\"typ\":\"JWT\",\"kid\":\"1\"}", "{}", &of(UPPER, 32)]),
        ),
        (
            "jwt",
            jwt(&[
                "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}",
                "",
                &of(BASE58, 12),
                "content",
                &of(BASE58, 16),
            ]),
        ),
    ]
}

/// A token of these parts, each written in base64.
pub(super) fn jwt(parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| base64(part)).collect();
    parts.join(".")
}

pub(super) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}
