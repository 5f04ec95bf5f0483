//! Formats of clouds, hosting, databases and networks.

use super::alphabet::{ALNUM, ANY64, BASE32, DIGIT, HEX, LOWER, NAME, PADDED, UPPER, URL64, WORD};
use super::look::Look;
use super::part::{Part::Is, Part::Run, Part::Uuid, of};
use super::{Before, Format, either, exact, run};

const ALIBABA: &str = "secret.alibaba";
const AWS: &str = "secret.aws";
const AZURE: &str = "secret.azure";
const CLOUDFLARE: &str = "secret.cloudflare";
const FLY: &str = "secret.fly";
const GCP: &str = "secret.gcp";
const TAILSCALE: &str = "secret.tailscale";
const VERCEL: &str = "secret.vercel";

pub(super) const TABLE: &[Format] = &[
    exact(
        ("aws-access-key-id", AWS),
        &["AKIA", "A3T0", "A3TX"],
        UPPER,
        16,
    ),
    exact(
        ("aws-temporary-key-id", AWS),
        &["ASIA", "ABIA", "ACCA"],
        UPPER,
        16,
    )
    .look(Look::Rare),
    either(
        ("aws-bedrock-key", AWS),
        &["ABSK"],
        &[&[Run(PADDED, 109, 280)]],
    ),
    run(
        ("aws-bedrock-session-key", AWS),
        &["bedrock-api-key-"],
        PADDED,
        40,
        4_000,
    ),
    run(
        ("aws-session-token", AWS),
        &["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"],
        PADDED,
        100,
        4_000,
    ),
    exact(("gcp-api-key", GCP), &["AIza"], URL64, 35).look(Look::Mixed),
    exact(("gcp-gemini-key", GCP), &["AQ.Ab8RN6"], URL64, 44),
    run(("gcp-access-token", GCP), &["ya29."], NAME, 20, 2_048).look(Look::Mixed),
    exact(("gcp-client-secret", GCP), &["GOCSPX-"], URL64, 28),
    run(("gcp-refresh-token", GCP), &["1//0"], URL64, 40, 200).look(Look::Mixed),
    run(("gcp-hmac-key-id", GCP), &["GOOG1E"], UPPER, 55, 60).look(Look::Digit),
    run(("gcp-hmac-key-id-of-user", GCP), &["GOOG"], UPPER, 20, 20).look(Look::Digit),
    run(
        ("azure-storage-key", AZURE),
        &["AccountKey="],
        PADDED,
        44,
        90,
    )
    .behind(),
    run(
        ("azure-shared-access-key", AZURE),
        &["SharedAccessKey="],
        PADDED,
        32,
        100,
    )
    .behind(),
    run(
        ("azure-shared-secret", AZURE),
        &["SharedSecretValue="],
        PADDED,
        32,
        100,
    )
    .behind(),
    either(
        ("azure-app-configuration-secret", AZURE),
        &[";Secret="],
        &[&[Run(PADDED, 36, 102)]],
    )
    .behind()
    .look(Look::Mixed),
    exact(
        ("digitalocean-token", "secret.digitalocean"),
        &["dop_v1_"],
        HEX,
        64,
    ),
    exact(
        ("digitalocean-oauth-token", "secret.digitalocean"),
        &["doo_v1_"],
        HEX,
        64,
    ),
    exact(
        ("digitalocean-refresh-token", "secret.digitalocean"),
        &["dor_v1_"],
        HEX,
        64,
    ),
    either(
        ("cloudflare-token", CLOUDFLARE),
        &["cfut_", "cfat_", "cfk_"],
        &[&[of(ALNUM, 40), of(HEX, 8)]],
    ),
    either(
        ("cloudflare-origin-key", CLOUDFLARE),
        &["v1.0-"],
        &[&[of(HEX, 24), Is("-"), of(HEX, 146)]],
    ),
    run(("alibaba-key-id", ALIBABA), &["LTAI"], ALNUM, 12, 26).look(Look::Mixed),
    run(("alibaba-sts-key-id", ALIBABA), &["STS."], ALNUM, 16, 64).look(Look::Mixed),
    run(
        ("tencent-key-id", "secret.tencent"),
        &["AKID"],
        ALNUM,
        32,
        48,
    )
    .look(Look::Mixed),
    run(("yandex-key", "secret.yandex"), &["AQVN"], URL64, 35, 38).look(Look::Mixed),
    exact(
        ("yandex-static-key", "secret.yandex"),
        &["YCA", "YCM", "YCN", "YCO", "YCP"],
        URL64,
        37,
    )
    .look(Look::Digit),
    either(
        ("yandex-token", "secret.yandex"),
        &["t1."],
        &[
            &[Run(URL64, 20, 400), Is("."), of(URL64, 86)],
            &[Run(URL64, 20, 400), Is("=."), of(URL64, 86)],
            &[Run(URL64, 20, 400), Is("==."), of(URL64, 86)],
        ],
    ),
    run(
        ("yandex-oauth-token", "secret.yandex"),
        &["y0_", "y0__"],
        URL64,
        50,
        70,
    )
    .look(Look::Mixed),
    exact(("heroku-key", "secret.heroku"), &["HRKU-"], URL64, 60),
    exact(("heroku-uuid-key", "secret.heroku"), &["HRKU-"], URL64, 36),
    exact(
        ("netlify-token", "secret.netlify"),
        &["nfp_", "nfo_", "nfc_", "nfu_", "nfb_"],
        ALNUM,
        36,
    ),
    exact(("vercel-gateway-key", VERCEL), &["vck_"], URL64, 56),
    exact(
        ("vercel-token", VERCEL),
        &["vca_", "vcr_", "vci_", "vcp_"],
        URL64,
        56,
    ),
    run(
        ("vercel-blob-token", VERCEL),
        &["vercel_blob_rw_"],
        WORD,
        40,
        80,
    ),
    run(
        ("fly-token", FLY),
        &["fm1r_", "fm1a_", "fm2_"],
        PADDED,
        100,
        4_000,
    ),
    exact(("fly-access-token", FLY), &["fo1_"], URL64, 43),
    exact(("render-key", "secret.render"), &["rnd_"], ALNUM, 28),
    exact(("neon-key", "secret.neon"), &["napi_"], ALNUM, 64),
    exact(("supabase-token", "secret.supabase"), &["sbp_"], HEX, 40),
    run(
        ("supabase-oauth-token", "secret.supabase"),
        &["sbp_oauth_", "sbp_v0_"],
        HEX,
        40,
        40,
    ),
    exact(
        ("supabase-secret-key", "secret.supabase"),
        &["sb_secret_"],
        URL64,
        31,
    ),
    run(
        ("planetscale-token", "secret.planetscale"),
        &["pscale_tkn_"],
        NAME,
        32,
        64,
    ),
    run(
        ("planetscale-oauth-token", "secret.planetscale"),
        &["pscale_oauth_"],
        NAME,
        32,
        64,
    ),
    run(
        ("planetscale-password", "secret.planetscale"),
        &["pscale_pw_"],
        NAME,
        32,
        64,
    ),
    either(
        ("datastax-token", "secret.datastax"),
        &["AstraCS:"],
        &[
            &[of(ALNUM, 24), Is(":"), of(HEX, 64)],
            &[Run(ALNUM, 20, 40)],
        ],
    )
    .look(Look::Mixed),
    either(
        ("cockroach-key", "secret.cockroach"),
        &["CCDB1_"],
        &[&[of(ALNUM, 22), Is("_"), of(ALNUM, 40)]],
    ),
    exact(
        ("mongodb-atlas-secret", "secret.mongodb"),
        &["mdb_sa_sk_"],
        URL64,
        40,
    ),
    either(
        ("databricks-token", "secret.databricks"),
        &["dapi"],
        &[&[of(HEX, 32), Is("-"), Run(DIGIT, 1, 2)], &[of(HEX, 32)]],
    ),
    exact(
        ("databricks-client-secret", "secret.databricks"),
        &["dose"],
        HEX,
        32,
    ),
    run(
        ("elastic-cloud-key", "secret.elastic"),
        &["essu_"],
        ANY64,
        60,
        200,
    ),
    either(
        ("pinecone-key", "secret.pinecone"),
        &["pcsk_"],
        &[&[Run(ALNUM, 5, 6), Is("_"), of(ALNUM, 63)]],
    ),
    run(("vault-token", "secret.vault"), &["hvs."], URL64, 24, 200),
    run(
        ("vault-batch-token", "secret.vault"),
        &["hvb."],
        URL64,
        100,
        400,
    ),
    run(
        ("vault-recovery-token", "secret.vault"),
        &["hvr."],
        URL64,
        24,
        200,
    ),
    run(
        ("doppler-token", "secret.doppler"),
        &["dp.pt.", "dp.ct.", "dp.said.", "dp.scim.", "dp.audit."],
        ALNUM,
        40,
        44,
    ),
    either(
        ("doppler-service-token", "secret.doppler"),
        &["dp.st.", "dp.sa."],
        &[
            &[Run(URL64, 1, 40), Is("."), Run(ALNUM, 40, 44)],
            &[Run(ALNUM, 40, 44)],
        ],
    ),
    run(
        ("infisical-token", "secret.infisical"),
        &["st."],
        NAME,
        60,
        120,
    )
    .before(Before::NoName)
    .look(Look::Mixed),
    exact(("pulumi-token", "secret.pulumi"), &["pul-"], HEX, 40),
    either(
        ("tailscale-key", TAILSCALE),
        &[
            "tskey-api-",
            "tskey-auth-",
            "tskey-client-",
            "tskey-scim-",
            "tskey-webhook-",
            "tskey-",
        ],
        &[&[Run(ALNUM, 8, 24), Is("-"), Run(ALNUM, 20, 40)]],
    ),
    run(("exoscale-key", "secret.exoscale"), &["EXO"], HEX, 24, 32),
    exact(("scaleway-key-id", "secret.scaleway"), &["SCW"], UPPER, 17).look(Look::Digit),
    run(
        ("upcloud-token", "secret.upcloud"),
        &["ucat_"],
        UPPER,
        24,
        32,
    ),
    exact(
        ("openshift-token", "secret.openshift"),
        &["sha256~"],
        URL64,
        43,
    ),
    either(
        ("configcat-key", "secret.configcat"),
        &["configcat-sdk-1/"],
        &[&[of(URL64, 22), Is("/"), of(URL64, 22)]],
    ),
    either(
        ("launchdarkly-key", "secret.launchdarkly"),
        &["sdk-", "api-", "mob-"],
        &[&[Uuid]],
    )
    .before(Before::NoName),
    run(
        ("devcycle-key", "secret.devcycle"),
        &["dvc_server_"],
        URL64,
        8,
        80,
    )
    .look(Look::Mixed),
    either(
        ("zuplo-key", "secret.zuplo"),
        &["zpka_"],
        &[&[of(LOWER, 32), Is("_"), of(HEX, 8)]],
    ),
    run(
        ("unkey-root-key", "secret.unkey"),
        &["unkey_"],
        WORD,
        20,
        40,
    )
    .look(Look::Mixed),
    exact(("runpod-key", "secret.runpod"), &["rpa_"], ALNUM, 46),
    exact(
        ("onesignal-key", "secret.onesignal"),
        &["os_v2_app_", "os_v2_org_"],
        BASE32,
        103,
    ),
];
