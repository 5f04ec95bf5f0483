//! Tokens that can be told by their look, as those who issue them document them.

use super::Kind;

/// Code hosts, registries and builds.
pub(super) const CODE: &[Kind] = &[
    Kind::token(
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
    Kind::token(
        "github, no checksum",
        &["ghp_‹w36›", "gho_‹w36›", "ghs_‹w36›"],
    ),
    Kind::token("github fine-grained", &["github_pat_‹A2›‹w20›_‹w59›"]),
    Kind::token("gitlab personal", &["glpat-‹u20›", "glpat-‹u27›.01.‹a9›"]),
    Kind::token(
        "gitlab others",
        &[
            "gldt-‹u20›",
            "glrt-‹u20›",
            "glptt-‹h40›",
            "glcbt-‹h2›_‹u20›",
            "glsoat-‹u20›",
        ],
    ),
    Kind::token("npm", &["npm_‹w30›‹crc›"]),
    Kind::token("npm, no checksum", &["npm_‹w36›"]),
    Kind::token("pypi", &["pypi-AgEIcHlwaS5vcmc‹u120-170›"]),
    Kind::token("rubygems", &["rubygems_‹h48›"]),
    Kind::token("crates.io", &["cio‹w32›"]),
    Kind::token("nuget", &["oy2‹i43›"]),
    Kind::token("clojars", &["CLOJARS_‹a60›"]),
    Kind::token("docker hub", &["dckr_pat_‹u27›", "dckr_oat_‹u32›"]),
    Kind::token("artifactory", &["AKCp‹w69›", "cmVmdGtuOj‹w54›"]),
    Kind::token("buildkite", &["bkua_‹h40›"]),
    Kind::token("circleci", &["CCIPAT_‹w22›_‹h40›"]),
    Kind::token("sonarqube", &["squ_‹h40›", "sqp_‹h40›", "sqa_‹h40›"]),
    Kind::token("sourcegraph", &["sgp_‹h16›_‹h40›", "sgp_‹h40›"]),
    Kind::token("postman", &["PMAK-‹h24›-‹h34›"]),
    Kind::token("prefect", &["pnu_‹a36›"]),
    Kind::token("readme", &["rdme_‹a70›"]),
    Kind::token("doppler", &["dp.pt.‹w43›", "dp.st.prd.‹w43›"]),
    Kind::token("pulumi", &["pul-‹h40›"]),
    Kind::token("terraform cloud", &["‹w14›.atlasv1.‹w67›"]),
];

/// Clouds, data stores and what watches them.
pub(super) const CLOUD: &[Kind] = &[
    Kind::token("aws key id", &["AKIA‹B16›", "ASIA‹B16›"]),
    Kind::token(
        "aws bedrock",
        &[
            "ABSK‹b109-150›=",
            "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t‹b120›",
        ],
    ),
    Kind::token("google api key", &["AIza‹u35›"]),
    Kind::token("google oauth secret", &["GOCSPX-‹u28›"]),
    Kind::token(
        "google access token",
        &["ya29.‹u120-180›", "ya29.a0A‹u140›"],
    ),
    Kind::token("google refresh token", &["1//0‹w1›‹u92›"]),
    Kind::token("azure client secret", &["‹w3›8Q~‹u31›", "‹w3›7Q~‹u34›"]),
    Kind::token("azure devops", &["‹w52›JQQJ99‹w18›AZDO‹w4›"]),
    Kind::token(
        "digitalocean",
        &["dop_v1_‹h64›", "doo_v1_‹h64›", "dor_v1_‹h64›"],
    ),
    Kind::token("heroku", &["HRKU-AA‹u58›"]),
    Kind::token("databricks", &["dapi‹h32›", "dapi‹h32›-2"]),
    Kind::token(
        "planetscale",
        &["pscale_tkn_‹u43›", "pscale_pw_‹u43›", "pscale_oauth_‹u43›"],
    ),
    Kind::token("supabase", &["sbp_‹h40›", "sb_secret_‹u22›_‹u8›"]),
    Kind::token("netlify", &["nfp_‹w36›"]),
    Kind::token("fly.io", &["fm2_‹b160›", "FlyV1 fm2_‹b140›=="]),
    Kind::token("cloudflare origin ca", &["v1.0-‹h24›-‹h146›"]),
    Kind::token("vault", &["hvs.‹u91-120›", "hvb.‹u140›", "hvr.‹u91›"]),
    Kind::token(
        "tailscale",
        &[
            "tskey-auth-k‹w11›CNTRL-‹w32›",
            "tskey-api-k‹w11›CNTRL-‹w32›",
            "tskey-client-k‹w11›CNTRL-‹w32›",
        ],
    ),
    Kind::token("new relic", &["NRAK-‹A27›", "NRII-‹u32›"]),
    Kind::token("grafana", &["glsa_‹w32›_‹h8›", "glc_eyJ‹w120›"]),
    Kind::token("sentry", &["sntryu_‹h64›", "sntrys_eyJ‹w100›_‹b43›"]),
    Kind::token("dynatrace", &["dt0c01.‹B24›.‹B64›"]),
    Kind::token("age", &["AGE-SECRET-KEY-1‹c58›"]),
    Kind::token("1password", &["ops_eyJ‹w260-300›"]),
];

/// Models and what is built on them.
pub(super) const MODELS: &[Kind] = &[
    Kind::token(
        "openai",
        &[
            "sk-proj-‹u74›T3BlbkFJ‹u74›",
            "sk-svcacct-‹u74›T3BlbkFJ‹u74›",
            "sk-admin-‹u58›T3BlbkFJ‹u58›",
        ],
    ),
    Kind::token("openai, old", &["sk-‹w20›T3BlbkFJ‹w20›"]),
    Kind::token(
        "anthropic",
        &[
            "sk-ant-api03-‹u93›AA",
            "sk-ant-admin01-‹u93›AA",
            "sk-ant-oat01-‹u93›AA",
        ],
    ),
    Kind::token("hugging face", &["hf_‹z34›"]),
    Kind::token("replicate", &["r8_‹w37›"]),
    Kind::token("groq", &["gsk_‹w52›"]),
    Kind::token("perplexity", &["pplx-‹w48›"]),
    Kind::token("xai", &["xai-‹w80›"]),
    Kind::token("openrouter", &["sk-or-v1-‹h64›"]),
    Kind::token("langsmith", &["lsv2_pt_‹h32›_‹h10›", "lsv2_sk_‹h32›_‹h10›"]),
    Kind::token("pinecone", &["pcsk_‹w5›_‹w63›"]),
];

/// Messages, money, mail and offices.
pub(super) const SERVICES: &[Kind] = &[
    Kind::token("slack bot", &["xoxb-‹D1›‹d11›-‹D1›‹d12›-‹w24›"]),
    Kind::token(
        "slack user",
        &[
            "xoxp-‹D1›‹d11›-‹D1›‹d11›-‹D1›‹d12›-‹h32›",
            "xoxe.xoxp-1-‹w166›",
        ],
    ),
    Kind::token("slack app", &["xapp-1-A‹A10›-‹D1›‹d12›-‹h64›"]),
    Kind::token(
        "slack webhook",
        &["https://hooks.slack.com/services/«T‹A10›/B‹A10›/‹w24›»"],
    ),
    Kind::token(
        "discord bot",
        &["‹userid›.G‹u5›.‹u38›", "‹userid›.‹u6›.‹u27›"],
    ),
    Kind::token(
        "discord webhook",
        &["https://discord.com/api/webhooks/‹D1›‹d17›/«‹u68›»"],
    ),
    Kind::token("telegram", &["‹D1›‹d9›:AA‹u33›"]),
    Kind::token(
        "teams webhook",
        &["https://acme.webhook.office.com/webhookb2/‹uuid›@‹uuid›/IncomingWebhook/«‹h32›»/‹uuid›"],
    ),
    Kind::token(
        "stripe",
        &[
            "sk_live_‹w24›",
            "sk_live_‹w99›",
            "rk_live_‹w24›",
            "sk_test_‹w99›",
        ],
    ),
    Kind::token("stripe webhook", &["whsec_‹w32›", "whsec_‹b32›"]),
    Kind::token("square", &["sq0atp-‹u22›", "sq0csp-‹u43›", "EAAA‹u60›"]),
    Kind::token(
        "shopify",
        &["shpat_‹h32›", "shpss_‹h32›", "shpca_‹h32›", "shppa_‹h32›"],
    ),
    Kind::token(
        "plaid",
        &["access-production-‹uuid›", "access-sandbox-‹uuid›"],
    ),
    Kind::token("shippo", &["shippo_live_‹h40›"]),
    Kind::token("easypost", &["EZAK‹w54›"]),
    Kind::token("twilio key", &["SK‹h32›"]),
    Kind::token("sendgrid", &["SG.‹u22›.‹u43›"]),
    Kind::token("mailgun", &["key-‹h32›"]),
    Kind::token("mailchimp", &["‹h32›-us‹D1›", "‹h32›-us1‹d1›"]),
    Kind::token("brevo", &["xkeysib-‹h64›-‹w16›"]),
    Kind::token(
        "atlassian",
        &["ATATT3xFfGF0‹u171›=‹H8›", "ATCTT3xFfGN0‹u171›=‹H8›"],
    ),
    Kind::token("linear", &["lin_api_‹w40›"]),
    Kind::token("notion", &["ntn_‹d11›‹w35›", "secret_‹w43›"]),
    Kind::token("figma", &["figd_‹u40›"]),
    Kind::token("airtable", &["pat‹w14›.‹h64›"]),
    Kind::token("hubspot", &["pat-na1-‹uuid›", "pat-eu1-‹uuid›"]),
    Kind::token("asana", &["2/12‹d14›/12‹d14›:‹h32›"]),
    Kind::token("facebook", &["EAAC‹w160-190›"]),
    Kind::token("twitter bearer", &["AAAAAAAAAAAAAAAAAAAAA‹w24›%3D‹w50›"]),
    Kind::token("jwt", &["‹jwt›"]),
];
