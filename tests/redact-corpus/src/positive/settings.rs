//! Secrets that can be told only by the key or the name beside them, in JSON and in files of settings.

use super::Kind;

/// Members of JSON objects.
pub(super) const MEMBERS: &[Kind] = &[
    Kind::member(
        "member: password",
        &[
            ("password", "«‹pw›»"),
            ("Password", "«‹pw›»"),
            ("db_password", "«‹pw›»"),
            ("userPassword", "«‹pw›»"),
            ("passwd", "«‹pw›»"),
            ("passphrase", "«‹word› ‹word› ‹word› ‹word›»"),
        ],
    ),
    Kind::member(
        "member: secret",
        &[
            ("client_secret", "«‹w40›»"),
            ("clientSecret", "«‹u34›»"),
            ("secret_key", "«‹h40›»"),
            ("signingSecret", "«‹h32›»"),
            ("webhook_secret", "«‹w32›»"),
            ("SecretAccessKey", "«‹b40›»"),
        ],
    ),
    Kind::member(
        "member: token",
        &[
            ("access_token", "«‹w48›»"),
            ("refresh_token", "«‹u64›»"),
            ("authToken", "«‹h40›»"),
            ("id_token", "«‹jwt›»"),
            ("SessionToken", "«IQoJb3JpZ2lu‹b200›»"),
        ],
    ),
    Kind::member(
        "member: api key",
        &[
            ("api_key", "«‹h32›»"),
            ("apiKey", "«‹w40›»"),
            ("x-api-key", "«‹w36›»"),
            ("apikey", "«‹uuid›»"),
            ("subscription_key", "«‹h32›»"),
        ],
    ),
    Kind::member(
        "member: authorization",
        &[
            ("Authorization", "Bearer «‹u64›»"),
            ("authorization", "Basic «‹w31›=»"),
            ("Proxy-Authorization", "Basic «‹w27›=»"),
            ("authorization", "token «‹h40›»"),
        ],
    ),
    Kind::member(
        "member: private key",
        &[
            (
                "private_key",
                "-----BEGIN PRIVATE KEY-----\n«‹pem›»\n-----END PRIVATE KEY-----\n",
            ),
            ("privateKey", "«‹b88›»"),
        ],
    ),
    Kind::member(
        "member: connection string",
        &[
            (
                "connectionString",
                "Server=tcp:‹host›,1433;Database=‹db›;User ID=‹user›;Password=«‹safepw›»;Encrypt=True;",
            ),
            (
                "database_url",
                "postgres://‹user›:«‹safepw›»@‹host›:5432/‹db›",
            ),
            (
                "dsn",
                "‹user›:«‹safepw›»@tcp(‹host›:3306)/‹db›?parseTime=true",
            ),
        ],
    ),
];

/// Files of settings.
pub(super) const FILES: &[Kind] = &[
    Kind::text(
        "env: password",
        &[
            "NODE_ENV=production\nDB_HOST=‹host›\nDB_PASSWORD=«‹pw›»\nDB_NAME=‹db›\n",
            "REDIS_PASSWORD=«‹w16›»",
            "export PGPASSWORD='«‹pw›»'\npsql -h ‹host› ‹db›",
            "MYSQL_ROOT_PASSWORD=\"«‹pw›»\"",
        ],
    ),
    Kind::text(
        "env: secret",
        &[
            "PORT=8080\nSECRET_KEY=«‹w50›»\nDEBUG=0",
            "SESSION_SECRET=«‹h64›»",
            "JWT_SECRET=«‹u43›»\nJWT_TTL=3600",
            "APP_KEY=base64:«‹b43›=»",
        ],
    ),
    Kind::text(
        "env: api key",
        &[
            "DATADOG_API_KEY=«‹h32›»\nDD_SITE=datadoghq.eu",
            "ALGOLIA_ADMIN_API_KEY=«‹h32›»",
            "COHERE_API_KEY=«‹w40›»",
            "CLOUDFLARE_API_TOKEN=«‹u40›»",
            "TWILIO_AUTH_TOKEN=«‹h32›»",
        ],
    ),
    Kind::text(
        "env: aws secret",
        &[
            "AWS_REGION=eu-west-1\nAWS_SECRET_ACCESS_KEY=«‹b40›»",
            "aws_secret_access_key = «‹b40›»\nregion = us-east-1",
            "AWS_SESSION_TOKEN=«IQoJb3JpZ2lu‹b240›==»",
        ],
    ),
    Kind::text(
        "yaml: password",
        &[
            "database:\n  host: ‹host›\n  user: ‹user›\n  password: «‹safepw›»\n  pool: 5\n",
            "spring:\n  datasource:\n    username: ‹user›\n    password: \"«‹safepw›»\"\n",
            "vars:\n  ansible_become_password: '«‹safepw›»'\n",
        ],
    ),
    Kind::text(
        "yaml: token",
        &[
            "github:\n  api_token: «‹h40›»\n  org: acme\n",
            "auth:\n  client_id: ‹uuid›\n  client_secret: «‹w40›»\n",
        ],
    ),
    Kind::text(
        "ini: password",
        &[
            "[client]\nuser = ‹user›\npassword = «‹safepw›»\nhost = ‹host›\n",
            "[smtp]\nhost=‹host›\nsmtp_password=«‹safepw›»\nport=587",
        ],
    ),
    Kind::text(
        "properties",
        &[
            "spring.datasource.username=‹user›\nspring.datasource.password=«‹safepw›»\n",
            "mail.smtp.password=«‹safepw›»\nmail.smtp.port=25",
        ],
    ),
    Kind::text(
        "tfvars",
        &["db_username = \"‹user›\"\ndb_password = \"«‹safepw›»\"\nregion = \"eu-west-1\"\n"],
    ),
    Kind::text(
        "toml",
        &[
            "[registry]\nindex = \"https://‹host›/index\"\ntoken = \"«‹w40›»\"\n",
            "[auth]\nsecret = \"«‹u48›»\"\n",
        ],
    ),
    Kind::text(
        "xml",
        &[
            "<server>\n  <id>releases</id>\n  <username>‹user›</username>\n  <password>«‹safepw›»</password>\n</server>",
            "<add key=\"ApiKey\" value=\"«‹w40›»\" />",
        ],
    ),
    Kind::text(
        "netrc",
        &[
            "machine ‹host›\n  login ‹user›\n  password «‹safepw›»\n",
            "machine ‹host› login ‹user› password «‹w20›»",
        ],
    ),
    Kind::text(
        "npmrc",
        &[
            "registry=https://registry.acme.io/\n//registry.acme.io/:_authToken=«‹w40›»\nalways-auth=true\n",
            "//registry.acme.io/:_password=«‹w30›=»",
        ],
    ),
    Kind::text(
        "pypirc",
        &[
            "[distutils]\nindex-servers = acme\n\n[acme]\nrepository: https://packages.acme.io\nusername: ‹user›\npassword: «‹safepw›»\n",
        ],
    ),
    Kind::text(
        "docker auth",
        &[
            "{\n  \"auths\": {\n    \"registry.acme.io\": {\n      \"auth\": \"«‹w35›=»\"\n    }\n  }\n}",
        ],
    ),
    Kind::text(
        "k8s secret",
        &[
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-credentials\ntype: Opaque\ndata:\n  password: «‹w23›=»\n",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: «‹safepw›»\n",
        ],
    ),
    Kind::text(
        "git credentials",
        &[
            "https://‹user›:«‹w40›»@git.acme.io\n",
            "[remote \"origin\"]\n\turl = https://oauth2:«‹u26›»@git.acme.io/acme/shop.git\n",
        ],
    ),
    Kind::text(
        "wireguard",
        &["[Interface]\nPrivateKey = «‹b42›0=»\nAddress = ‹ip›/24\n"],
    ),
];
