//! What is no secret, what is one although code must know it, and keys in armour.

use super::super::alphabet::{ALNUM, DIGIT, HEX, LOWER, STD64, UPPER, URL64};
use super::find;
use super::samples::{Random, base64, jwt, own};

#[test]
fn what_is_known_by_its_middle_is_found_whole() {
    for (id, secret) in own(&mut Random::new(5)) {
        for (before, after) in [
            ("", ""),
            ("is ", " ."),
            ("\"", "\","),
            ("a\\n", "\\n"),
            ("=", "\n"),
            ("https://api.example/hook/", "?a=1"),
        ] {
            let text = format!("{before}{secret}{after}");
            let range = before.len()..before.len() + secret.len();
            assert_eq!(find(&text).0, [(id, range)], "{text:?}");
        }
        let (found, _) = find(secret.get(..secret.len() / 2).unwrap());
        assert_eq!(found, [], "half of {secret}");
    }
}

#[test]
fn identifiers_and_digests_are_no_secrets() {
    let mut random = Random::new(6);
    let mut of = |alphabet, length| random.text(alphabet, length);
    for _ in 0..200 {
        let uuid = [8, 4, 4, 4, 12].map(|length| of(HEX, length)).join("-");
        let texts = [
            uuid.clone(),
            format!("01{}", of(UPPER, 24)),
            of(HEX, 40),
            format!("sha256:{}", of(HEX, 64)),
            of(HEX, 128),
            format!("\"integrity\": \"sha512-{}==\"", of(STD64, 86)),
            format!("golang.org/x/net v0.1.0 h1:{}=", of(STD64, 43)),
            format!("00-{}-{}-01", of(HEX, 32), of(HEX, 16)),
            format!("checkout-{}-{}", of(LOWER, 10), of(LOWER, 5)),
            format!("W/\"{}\"", of(HEX, 32)),
            format!("ssh-rsa AAAAB3NzaC1yc2E{} me@host", of(STD64, 372)),
            format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} me", of(STD64, 43)),
            format!("\"{}MLhe{}==\"", "A".repeat(21), of(ALNUM, 60)),
            format!("{}{}", "A".repeat(4_000), of(STD64, 80)),
            format!("request {uuid} took {} ms", of(DIGIT, 4)),
            format!(
                "https://host/{}/{}?page={}",
                of(LOWER, 8),
                of(ALNUM, 20),
                of(DIGIT, 2)
            ),
        ];
        for text in texts {
            assert_eq!(find(&text).0, [], "{text}");
        }
    }
}

#[test]
fn words_are_no_secrets() {
    let text = "sk-learn sk-button-primary-large-with-icon-and-some-more-words xoxo xoxb- pat- \
        secret_name secret_key_of_the_first_user_in_the_second_list hf_hub_download hf_transfer \
        npm_config_registry npm_package_name key-value key-000 AIzawa AKIA ASIAPACIFICMARKETING \
        sig= ?sig=short re_compile re_12345678_short eyJ eyJust a-eyJ.b.c dapi dapi_client \
        https://hooks.slack.com/services/ https://hooks.slack.com/services/T000/B000/YOURS \
        ATATT3 glpat- glpat-short ghp_short gho_ API-REFERENCE-GUIDE api-gateway SG.1.2 r8_0 \
        en-us1 -us12 12:AA:BB:CC:DD:EE 00:AA:11 -----BEGIN CERTIFICATE----- live_view test_helper \
        AccountKey=... SharedAccessKey=<key> whsec_... pk_live_ sk_live_... 0x1234 1//0 s.a MTAx \
        STS.amazonaws.com st.example.com sl.example pa-system al-anon sdk-v2 Splunk Enterprise";
    assert_eq!(find(text).0, []);
}

#[test]
fn chance_in_base64_is_no_secret() {
    let mut random = Random::new(7);
    let standard = random.text(STD64, 1 << 19);
    assert_eq!(find(&standard).0, []);
    let mut wrapped = String::new();
    for _ in 0..4_000 {
        wrapped += &random.text(STD64, 76);
        wrapped += "\n";
    }
    assert_eq!(find(&wrapped).0, []);
    assert_eq!(find(&random.text(URL64, 1 << 18)).0, []);
    assert_eq!(find(&random.text(HEX, 1 << 18)).0, []);
}

/// A prefix behind a `/` of a base64 text is a part of that text.
#[test]
fn a_prefix_inside_base64_is_no_secret() {
    let mut random = Random::new(8);
    let key = ["AK", "IA"].concat() + &random.text(UPPER, 16);
    let head = random.text(ALNUM, 40);
    let inside = format!("{head}+{head}/{key}+{head}");
    assert_eq!(find(&inside).0, []);
    let path = format!("https://host/Projects2024/apps/{key}/20240101/region");
    assert_eq!(find(&path).0.len(), 1);
}

#[test]
fn tokens_that_say_nothing_are_none() {
    let signature = "a".repeat(32);
    for text in [
        jwt(&["{\"alg\":\"HS256\"}", "{}"]),
        jwt(&["{\"alg\":\"HS256\"}", "{}", "short"]),
        jwt(&["{\"kid\":\"1\"}", "{}", &signature]),
        jwt(&["{\"alg\":", "{}", &signature]),
        format!("x{}", jwt(&["{\"alg\":\"HS256\"}", "{}", &signature])),
        base64("{\"alg\":\"HS256\",\"just\":\"a cursor that goes on for a while\"}"),
    ] {
        assert_eq!(find(&text).0, [], "{text}");
    }
}

/// A key in armour: its label, its body, and what joins its lines.
fn armoured(label: &str, body: &str, join: &str) -> String {
    let (begin, end) = (["-----BEG", "IN "].concat(), ["-----E", "ND "].concat());
    format!("{begin}{label}-----{join}{body}{join}{end}{label}-----")
}

#[test]
fn private_keys_are_found_whole() {
    let mut random = Random::new(9);
    let line = random.text(STD64, 64);
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
        "OpenVPN Static key V1",
    ] {
        for join in ["\n", "\r\n", "\\n", " ", "\n    ", "\\r\\n", "\" +\n\""] {
            let key = armoured(label, &[line.as_str(); 3].join(join), join);
            let text = format!("before {key} after");
            let found = find(&text).0;
            assert_eq!(found, [("private-key", 7..7 + key.len())], "{text}");
        }
    }
    let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n";
    let key = armoured("RSA PRIVATE KEY", &(headers.to_owned() + &line), "\n");
    assert_eq!(find(&key).0, [("private-key", 0..key.len())]);
    let short = armoured("PRIVATE KEY", line.get(..12).unwrap(), "\n");
    assert_eq!(find(&short).0, [("private-key", 0..short.len())]);
    let dots = armoured("PRIVATE KEY", "...", "\n");
    assert_eq!(find(&dots).0, []);
}

#[test]
fn an_unfinished_key_goes_on_to_the_end() {
    let line = Random::new(10).text(STD64, 64);
    let whole = armoured("PRIVATE KEY", &line, "\n");
    for end in [whole.len() - 5, whole.len() - 20, whole.len() - 40, 60] {
        let text = format!("see {}", whole.get(..end).unwrap());
        assert_eq!(find(&text).0, [("private-key", 4..text.len())], "{text}");
    }
    let certificate = armoured("CERTIFICATE", &line, "\n");
    let text = format!(
        "{}\n{certificate}\n{whole} and more",
        whole.get(..70).unwrap()
    );
    assert_eq!(find(&text).0, [("private-key", 0..text.len() - 9)]);
}

#[test]
fn public_keys_are_no_secrets() {
    let line = Random::new(11).text(STD64, 64);
    for label in [
        "CERTIFICATE",
        "PUBLIC KEY",
        "RSA PUBLIC KEY",
        "PGP PUBLIC KEY BLOCK",
        "CERTIFICATE REQUEST",
        "X509 CRL",
        "DH PARAMETERS",
        "PGP SIGNATURE",
    ] {
        assert_eq!(find(&armoured(label, &line, "\n")).0, [], "{label}");
    }
    let empty = armoured("PRIVATE KEY", "", "");
    let (begin, _) = empty.split_at(27);
    let prose = format!(
        "A key begins with `{begin}` and is then followed by many words. {}",
        "So it is. ".repeat(50)
    );
    assert_eq!(find(&prose).0, []);
}

#[test]
fn putty_keys_are_found_whole() {
    let line = Random::new(12).text(STD64, 64);
    let head = ["PuTTY-User-", "Key-File-3: ssh-ed25519"].concat();
    let key = format!(
        "{head}\nPrivate-Lines: 1\n{line}\nPrivate-MAC: {}",
        "0a".repeat(32)
    );
    assert_eq!(
        find(&format!("{key}\nmore")).0,
        [("putty-key", 0..key.len())]
    );
    let cut = format!("{head}\nPrivate-Lines: 1\n{line}");
    assert_eq!(find(&cut).0, [("putty-key", 0..cut.len())]);
}
