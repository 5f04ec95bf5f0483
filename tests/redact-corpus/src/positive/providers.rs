//! Tokens that can be told by their look, as those who issue them document them.

use super::{Form, Kind};

const fn token(name: &'static str, templates: &'static [&'static str]) -> Kind {
    Kind {
        name,
        form: Form::Token(templates),
    }
}

/// Code hosts, registries and builds.
pub(super) const CODE: &[Kind] = &[
    token(
        "github",
        &[
            "ghp_‹w30›‹crc›",
            "gho_‹w30›‹crc›",
            "ghu_‹w30›‹crc›",
            "ghs_‹w30›‹crc›",
            "ghr_‹w30›‹crc›",
        ],
    ),
    // Test sets of others are full of these; a reader cannot tell them from real ones.
    token(
        "github, no checksum",
        &["ghp_‹w36›", "gho_‹w36›", "ghs_‹w36›"],
    ),
    token("github fine-grained", &["github_pat_‹A2›‹w20›_‹w59›"]),
    token("gitlab personal", &["glpat-‹u20›", "glpat-‹u27›.01.‹a9›"]),
    token(
        "gitlab others",
        &[
            "gldt-‹u20›",
            "glrt-‹u20›",
            "glptt-‹h40›",
            "glcbt-‹h2›_‹u20›",
            "glsoat-‹u20›",
        ],
    ),
    token("npm", &["npm_‹w30›‹crc›"]),
    token("npm, no checksum", &["npm_‹w36›"]),
    token("pypi", &["pypi-AgEIcHlwaS5vcmc‹u120-170›"]),
    token("rubygems", &["rubygems_‹h48›"]),
    token("crates.io", &["cio‹w32›"]),
    token("nuget", &["oy2‹a43›"]),
    token("clojars", &["CLOJARS_‹a60›"]),
    token("docker hub", &["dckr_pat_‹u27›", "dckr_oat_‹u32›"]),
    token("artifactory", &["AKCp‹w69›", "cmVmdGtuOj‹w54›"]),
    token("buildkite", &["bkua_‹h40›"]),
    token("circleci", &["CCIPAT_‹w22›_‹h40›"]),
    token("sonarqube", &["squ_‹h40›", "sqp_‹h40›", "sqa_‹h40›"]),
    token("sourcegraph", &["sgp_‹h16›_‹h40›", "sgp_‹h40›"]),
    token("postman", &["PMAK-‹h24›-‹h34›"]),
    token("prefect", &["pnu_‹a36›"]),
    token("readme", &["rdme_‹a70›"]),
    token("doppler", &["dp.pt.‹w43›", "dp.st.prd.‹w43›"]),
    token("pulumi", &["pul-‹h40›"]),
    token("terraform cloud", &["‹w14›.atlasv1.‹w67›"]),
];

/// Clouds, data stores and what watches them.
pub(super) const CLOUD: &[Kind] = &[
    token("aws key id", &["AKIA‹B16›", "ASIA‹B16›"]),
    token(
        "aws bedrock",
        &[
            "ABSK‹b108›=",
            "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t‹b120›",
        ],
    ),
    token("google api key", &["AIza‹u35›"]),
    token("google oauth secret", &["GOCSPX-‹u28›"]),
    token(
        "google access token",
        &["ya29.‹u120-180›", "ya29.a0A‹u140›"],
    ),
    token("google refresh token", &["1//0‹w1›‹u92›"]),
    token("azure client secret", &["‹w3›8Q~‹u31›", "‹w3›7Q~‹u34›"]),
    token("azure devops", &["‹w76›AZDO‹w4›"]),
    token(
        "digitalocean",
        &["dop_v1_‹h64›", "doo_v1_‹h64›", "dor_v1_‹h64›"],
    ),
    token("heroku", &["HRKU-AA‹u58›"]),
    token("databricks", &["dapi‹h32›", "dapi‹h32›-2"]),
    token(
        "planetscale",
        &["pscale_tkn_‹u43›", "pscale_pw_‹u43›", "pscale_oauth_‹u43›"],
    ),
    token("supabase", &["sbp_‹h40›", "sb_secret_‹u22›_‹u8›"]),
    token("netlify", &["nfp_‹w36›"]),
    token("fly.io", &["fm2_‹b160›", "FlyV1 fm2_‹b140›=="]),
    token("cloudflare origin ca", &["v1.0-‹h24›-‹h146›"]),
    token("vault", &["hvs.‹u91-120›", "hvb.‹u140›", "hvr.‹u91›"]),
    token(
        "tailscale",
        &[
            "tskey-auth-k‹w11›CNTRL-‹w32›",
            "tskey-api-k‹w11›CNTRL-‹w32›",
            "tskey-client-k‹w11›CNTRL-‹w32›",
        ],
    ),
    token("new relic", &["NRAK-‹A27›", "NRII-‹u32›"]),
    token("grafana", &["glsa_‹w32›_‹h8›", "glc_eyJ‹w120›"]),
    token("sentry", &["sntryu_‹h64›", "sntrys_eyJ‹w100›_‹b43›"]),
    token("dynatrace", &["dt0c01.‹B24›.‹B64›"]),
    token("age", &["AGE-SECRET-KEY-1‹c58›"]),
    token("1password", &["ops_eyJ‹w260-300›"]),
];

/// Models and what is built on them.
pub(super) const MODELS: &[Kind] = &[
    token(
        "openai",
        &[
            "sk-proj-‹u74›T3BlbkFJ‹u74›",
            "sk-svcacct-‹u74›T3BlbkFJ‹u74›",
            "sk-admin-‹u58›T3BlbkFJ‹u58›",
        ],
    ),
    token("openai, old", &["sk-‹w20›T3BlbkFJ‹w20›"]),
    token(
        "anthropic",
        &[
            "sk-ant-api03-‹u93›AA",
            "sk-ant-admin01-‹u93›AA",
            "sk-ant-oat01-‹u93›AA",
        ],
    ),
    token("hugging face", &["hf_‹z34›"]),
    token("replicate", &["r8_‹w37›"]),
    token("groq", &["gsk_‹w52›"]),
    token("perplexity", &["pplx-‹w48›"]),
    token("xai", &["xai-‹w80›"]),
    token("openrouter", &["sk-or-v1-‹h64›"]),
    token("langsmith", &["lsv2_pt_‹h32›_‹h10›", "lsv2_sk_‹h32›_‹h10›"]),
    token("pinecone", &["pcsk_‹w5›_‹w63›"]),
];

/// Messages, money, mail and offices.
pub(super) const SERVICES: &[Kind] = &[
    token("slack bot", &["xoxb-‹D1›‹d11›-‹D1›‹d12›-‹w24›"]),
    token(
        "slack user",
        &[
            "xoxp-‹D1›‹d11›-‹D1›‹d11›-‹D1›‹d12›-‹h32›",
            "xoxe.xoxp-1-‹w166›",
        ],
    ),
    token("slack app", &["xapp-1-A‹A10›-‹D1›‹d12›-‹h64›"]),
    token(
        "slack webhook",
        &["https://hooks.slack.com/services/«T‹A10›/B‹A10›/‹w24›»"],
    ),
    token(
        "discord bot",
        &["MT‹w22›.G‹u5›.‹u38›", "Nz‹w24›.‹u6›.‹u27›"],
    ),
    token(
        "discord webhook",
        &["https://discord.com/api/webhooks/‹D1›‹d17›/«‹u68›»"],
    ),
    token("telegram", &["‹D1›‹d9›:AA‹u33›"]),
    token(
        "teams webhook",
        &["https://acme.webhook.office.com/webhookb2/‹uuid›@‹uuid›/IncomingWebhook/«‹h32›»/‹uuid›"],
    ),
    token(
        "stripe",
        &[
            "sk_live_‹w24›",
            "sk_live_‹w99›",
            "rk_live_‹w24›",
            "sk_test_‹w99›",
        ],
    ),
    token("stripe webhook", &["whsec_‹w32›", "whsec_‹b32›"]),
    token("square", &["sq0atp-‹u22›", "sq0csp-‹u43›", "EAAA‹u60›"]),
    token(
        "shopify",
        &["shpat_‹h32›", "shpss_‹h32›", "shpca_‹h32›", "shppa_‹h32›"],
    ),
    token(
        "plaid",
        &["access-production-‹uuid›", "access-sandbox-‹uuid›"],
    ),
    token("shippo", &["shippo_live_‹h40›"]),
    token("easypost", &["EZAK‹w54›"]),
    token("twilio key", &["SK‹h32›"]),
    token("sendgrid", &["SG.‹u22›.‹u43›"]),
    token("mailgun", &["key-‹h32›"]),
    token("mailchimp", &["‹h32›-us‹D1›", "‹h32›-us1‹d1›"]),
    token("brevo", &["xkeysib-‹h64›-‹w16›"]),
    token(
        "atlassian",
        &["ATATT3xFfGF0‹u171›=‹H8›", "ATCTT3xFfG‹u178›=‹H8›"],
    ),
    token("linear", &["lin_api_‹w40›"]),
    token("notion", &["ntn_‹d11›‹w35›", "secret_‹w43›"]),
    token("figma", &["figd_‹u40›"]),
    token("airtable", &["pat‹w14›.‹h64›"]),
    token("hubspot", &["pat-na1-‹uuid›", "pat-eu1-‹uuid›"]),
    token("asana", &["2/12‹d14›/12‹d14›:‹h32›"]),
    token("facebook", &["EAAC‹w160-190›"]),
    token("twitter bearer", &["AAAAAAAAAAAAAAAAAAAAA‹w24›%3D‹w50›"]),
    token("jwt", &["‹jwt›"]),
];
