//! Secrets that can be told only by what stands beside them: in files, commands, headers and URLs.

use super::{Form, Kind};

const fn text(name: &'static str, templates: &'static [&'static str]) -> Kind {
    Kind {
        name,
        form: Form::Text(templates),
    }
}

const fn member(name: &'static str, members: &'static [(&'static str, &'static str)]) -> Kind {
    Kind {
        name,
        form: Form::Member(members),
    }
}

/// Members of JSON objects.
pub(super) const MEMBERS: &[Kind] = &[
    member(
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
    member(
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
    member(
        "member: token",
        &[
            ("access_token", "«‹w48›»"),
            ("refresh_token", "«‹u64›»"),
            ("authToken", "«‹h40›»"),
            ("id_token", "«‹jwt›»"),
            ("SessionToken", "«IQoJb3JpZ2lu‹b200›»"),
        ],
    ),
    member(
        "member: api key",
        &[
            ("api_key", "«‹h32›»"),
            ("apiKey", "«‹w40›»"),
            ("x-api-key", "«‹w36›»"),
            ("apikey", "«‹uuid›»"),
            ("subscription_key", "«‹h32›»"),
        ],
    ),
    member(
        "member: authorization",
        &[
            ("Authorization", "Bearer «‹u64›»"),
            ("authorization", "Basic «‹w31›=»"),
            ("Proxy-Authorization", "Basic «‹w27›=»"),
            ("authorization", "token «‹h40›»"),
        ],
    ),
    member(
        "member: private key",
        &[
            (
                "private_key",
                "-----BEGIN PRIVATE KEY-----\n«‹pem›»\n-----END PRIVATE KEY-----\n",
            ),
            ("privateKey", "«‹b88›»"),
        ],
    ),
    member(
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
    text(
        "env: password",
        &[
            "NODE_ENV=production\nDB_HOST=‹host›\nDB_PASSWORD=«‹pw›»\nDB_NAME=‹db›\n",
            "REDIS_PASSWORD=«‹w16›»",
            "export PGPASSWORD='«‹pw›»'\npsql -h ‹host› ‹db›",
            "MYSQL_ROOT_PASSWORD=\"«‹pw›»\"",
        ],
    ),
    text(
        "env: secret",
        &[
            "PORT=8080\nSECRET_KEY=«‹w50›»\nDEBUG=0",
            "SESSION_SECRET=«‹h64›»",
            "JWT_SECRET=«‹u43›»\nJWT_TTL=3600",
            "APP_KEY=base64:«‹b43›=»",
        ],
    ),
    text(
        "env: api key",
        &[
            "DATADOG_API_KEY=«‹h32›»\nDD_SITE=datadoghq.eu",
            "ALGOLIA_ADMIN_API_KEY=«‹h32›»",
            "COHERE_API_KEY=«‹w40›»",
            "CLOUDFLARE_API_TOKEN=«‹u40›»",
            "TWILIO_AUTH_TOKEN=«‹h32›»",
        ],
    ),
    text(
        "env: aws secret",
        &[
            "AWS_REGION=eu-west-1\nAWS_SECRET_ACCESS_KEY=«‹b40›»",
            "aws_secret_access_key = «‹b40›»\nregion = us-east-1",
            "AWS_SESSION_TOKEN=«IQoJb3JpZ2lu‹b240›==»",
        ],
    ),
    text(
        "yaml: password",
        &[
            "database:\n  host: ‹host›\n  user: ‹user›\n  password: «‹safepw›»\n  pool: 5\n",
            "spring:\n  datasource:\n    username: ‹user›\n    password: \"«‹safepw›»\"\n",
            "vars:\n  ansible_become_password: '«‹safepw›»'\n",
        ],
    ),
    text(
        "yaml: token",
        &[
            "github:\n  api_token: «‹h40›»\n  org: acme\n",
            "auth:\n  client_id: ‹uuid›\n  client_secret: «‹w40›»\n",
        ],
    ),
    text(
        "ini: password",
        &[
            "[client]\nuser = ‹user›\npassword = «‹safepw›»\nhost = ‹host›\n",
            "[smtp]\nhost=‹host›\nsmtp_password=«‹safepw›»\nport=587",
        ],
    ),
    text(
        "properties",
        &[
            "spring.datasource.username=‹user›\nspring.datasource.password=«‹safepw›»\n",
            "mail.smtp.password=«‹safepw›»\nmail.smtp.port=25",
        ],
    ),
    text(
        "tfvars",
        &["db_username = \"‹user›\"\ndb_password = \"«‹safepw›»\"\nregion = \"eu-west-1\"\n"],
    ),
    text(
        "toml",
        &[
            "[registry]\nindex = \"https://‹host›/index\"\ntoken = \"«‹w40›»\"\n",
            "[auth]\nsecret = \"«‹u48›»\"\n",
        ],
    ),
    text(
        "xml",
        &[
            "<server>\n  <id>releases</id>\n  <username>‹user›</username>\n  <password>«‹safepw›»</password>\n</server>",
            "<add key=\"ApiKey\" value=\"«‹w40›»\" />",
        ],
    ),
    text(
        "netrc",
        &[
            "machine ‹host›\n  login ‹user›\n  password «‹safepw›»\n",
            "machine ‹host› login ‹user› password «‹w20›»",
        ],
    ),
    text(
        "npmrc",
        &[
            "registry=https://registry.acme.io/\n//registry.acme.io/:_authToken=«‹w40›»\nalways-auth=true\n",
            "//registry.acme.io/:_password=«‹w30›=»",
        ],
    ),
    text(
        "pypirc",
        &[
            "[distutils]\nindex-servers = acme\n\n[acme]\nrepository: https://pypi.acme.io\nusername: ‹user›\npassword: «‹safepw›»\n",
        ],
    ),
    text(
        "docker auth",
        &[
            "{\n  \"auths\": {\n    \"registry.acme.io\": {\n      \"auth\": \"«‹w35›=»\"\n    }\n  }\n}",
        ],
    ),
    text(
        "k8s secret",
        &[
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-credentials\ntype: Opaque\ndata:\n  password: «‹w23›=»\n",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: «‹safepw›»\n",
        ],
    ),
    text(
        "git credentials",
        &[
            "https://‹user›:«‹w40›»@git.acme.io\n",
            "[remote \"origin\"]\n\turl = https://oauth2:«‹u26›»@git.acme.io/acme/shop.git\n",
        ],
    ),
    text(
        "wireguard",
        &["[Interface]\nPrivateKey = «‹b42›0=»\nAddress = ‹ip›/24\n"],
    ),
];

/// Code, commands, headers and prose.
pub(super) const LINES: &[Kind] = &[
    text(
        "code: password",
        &[
            "const client = new Client({\n  user: '‹user›',\n  password: '«‹safepw›»',\n});",
            "password = \"«‹safepw›»\"\nconn = connect(user=\"‹user›\", password=password)",
            "DB_PASS := \"«‹safepw›»\"",
            "String password = \"«‹safepw›»\";",
        ],
    ),
    text(
        "code: api key",
        &[
            "api_key = '«‹h32›»'\nclient = Client(api_key)",
            "const API_KEY = \"«‹w40›»\";",
            "var apiToken = \"«‹w40›»\"",
            "config.secret_key_base = \"«‹h128›»\"",
        ],
    ),
    text(
        "command: password",
        &[
            "mysql --user=‹user› --password=«‹safepw›» -h ‹host› ‹db›",
            "sshpass -p '«‹safepw›»' ssh ‹user›@‹host›",
            "docker login -u ‹user› -p «‹safepw›» registry.acme.io",
            "vault login -method=userpass username=‹user› password=«‹safepw›»",
        ],
    ),
    text(
        "command: token",
        &[
            "deploy --env prod --token «‹w40›» --wait",
            "helm upgrade shop ./chart --set auth.token=«‹w40›»",
            "docker run -e API_TOKEN=«‹h40›» acme/shop:1.4",
        ],
    ),
    text(
        "command: curl",
        &[
            "curl -u ‹user›:«‹safepw›» https://api.acme.io/v1/orders",
            "curl -H 'Authorization: Bearer «‹w40›»' https://api.acme.io/v1/me",
            "curl --user \"‹user›:«‹safepw›»\" -X POST https://api.acme.io/v1/jobs",
            "curl -H \"X-Api-Key: «‹w32›»\" https://api.acme.io/health",
        ],
    ),
    text(
        "header: bearer",
        &[
            "GET /v1/me HTTP/1.1\nHost: api.acme.io\nAuthorization: Bearer «‹u43›»\nAccept: */*\n",
            "authorization: Bearer «‹w64›»",
            "> Authorization: Bearer «‹h40›»\n< HTTP/1.1 200 OK",
        ],
    ),
    text(
        "header: basic",
        &[
            "Authorization: Basic «‹w31›=»\nAccept: application/json",
            "Proxy-Authorization: Basic «‹w27›=»",
        ],
    ),
    text(
        "header: api key",
        &[
            "X-Api-Key: «‹w32›»\nContent-Type: application/json",
            "x-auth-token: «‹h32›»",
            "Ocp-Apim-Subscription-Key: «‹h32›»",
            "X-Vault-Token: «s.‹w24›»",
            "PRIVATE-TOKEN: «‹u20›»",
            "api-key: «‹h32›»",
        ],
    ),
    text("header: okta", &["Authorization: SSWS «00‹u40›»"]),
    text(
        "cookie",
        &[
            "Cookie: theme=dark; session=«‹u43›»; lang=en",
            "Set-Cookie: sessionid=«‹a32›»; Path=/; HttpOnly; Secure",
            "Cookie: connect.sid=«s%3A‹u32›.‹w43›»",
        ],
    ),
    text(
        "url: userinfo",
        &[
            "https://‹user›:«‹w20›»@git.acme.io/acme/shop.git",
            "Cloning into 'shop' from https://‹user›:«‹w24›»@git.acme.io/acme/shop.git ...",
            "ftp://‹user›:«‹w12›»@files.acme.io/in",
            "proxy: http://‹user›:«‹w16›»@proxy.acme.io:3128",
        ],
    ),
    text(
        "url: query",
        &[
            "https://api.acme.io/v1/items?access_token=«‹w40›»&page=2",
            "GET /hook?page=1&api_key=«‹h32›» 200 12ms",
            "https://maps.acme.io/tile?key=«‹w39›»",
            "https://app.acme.io/reset?token=«‹u43›»",
        ],
    ),
    text(
        "url: signed",
        &[
            "https://acme.blob.core.windows.net/in/a.csv?sv=2024-11-04&sp=r&sr=b&sig=«‹w43›%3D»",
            "https://acme.s3.amazonaws.com/a.csv?X-Amz-Credential=‹w8›&X-Amz-Expires=900&X-Amz-Signature=«‹h64›»",
            "https://storage.googleapis.com/acme/a.csv?X-Goog-Expires=900&X-Goog-Signature=«‹h256›»",
        ],
    ),
    text(
        "url: otpauth",
        &["otpauth://totp/Acme:‹user›?secret=«‹B32›»&issuer=Acme"],
    ),
    text(
        "form",
        &[
            "grant_type=client_credentials&client_id=‹uuid›&client_secret=«‹w40›»",
            "username=‹user›&password=«‹w18›»&remember=1",
        ],
    ),
    text(
        "prose: password",
        &[
            "The password for the staging database is «‹safepw›», please rotate it.",
            "Hi ‹user›, your temporary password is: «‹safepw›»\nYou must change it at first login.",
            "login: ‹user›\npassword: «‹safepw›»\n",
            "Use ‹user› with password '«‹safepw›»' on ‹host›.",
        ],
    ),
    text(
        "prose: key",
        &[
            "The API key is «‹w40›».",
            "Here is the new api key: «‹h32›» (expires in 30 days)",
            "token: «‹h40›»",
            "Your access token is `«‹w40›»`.",
        ],
    ),
];

/// Connection strings.
pub(super) const CONNECTIONS: &[Kind] = &[
    text(
        "connection: postgres",
        &[
            "postgres://‹user›:«‹w18›»@‹host›:5432/‹db›?sslmode=require",
            "host=‹host› port=5432 dbname=‹db› user=‹user› password=«‹safepw›»",
            "jdbc:postgresql://‹host›/‹db›?user=‹user›&password=«‹w18›»",
        ],
    ),
    text(
        "connection: mysql",
        &[
            "mysql://‹user›:«‹w18›»@‹host›:3306/‹db›",
            "mysql+pymysql://‹user›:«‹w20›»@‹host›/‹db›",
            "Server=‹host›;Database=‹db›;Uid=‹user›;Pwd=«‹safepw›»;",
        ],
    ),
    text(
        "connection: mongodb",
        &[
            "mongodb+srv://‹user›:«‹w20›»@cluster0.ab1cd.mongodb.net/‹db›?retryWrites=true",
            "mongodb://‹user›:«‹w20›»@‹host›:27017,‹host›:27018/‹db›",
        ],
    ),
    text(
        "connection: redis",
        &[
            "redis://:«‹w24›»@‹host›:6379/0",
            "rediss://default:«‹w24›»@‹host›:6380",
        ],
    ),
    text(
        "connection: amqp",
        &[
            "amqp://‹user›:«‹w16›»@‹host›:5672/%2Fprod",
            "amqps://‹user›:«‹w16›»@‹host›/",
        ],
    ),
    text(
        "connection: sql server",
        &[
            "Server=tcp:‹host›,1433;Initial Catalog=‹db›;User ID=‹user›;Password=«‹safepw›»;Encrypt=True;",
            "Driver={ODBC Driver 18 for SQL Server};Server=‹host›;UID=‹user›;PWD=«‹safepw›»",
        ],
    ),
    text(
        "connection: azure storage",
        &[
            "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=«‹b86›==»;EndpointSuffix=core.windows.net",
        ],
    ),
    text(
        "connection: azure bus",
        &[
            "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«‹b43›=»",
            "HostName=acme.azure-devices.net;DeviceId=d1;SharedAccessKey=«‹b43›=»",
        ],
    ),
    text(
        "connection: cosmos",
        &["AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=«‹b86›==»;"],
    ),
    text(
        "connection: others",
        &[
            "clickhouse://‹user›:«‹w18›»@‹host›:9000/‹db›",
            "snowflake://‹user›:«‹w18›»@acme-eu/‹db›",
            "smtp://‹user›:«‹w18›»@‹host›:587",
            "nats://‹user›:«‹w18›»@‹host›:4222",
        ],
    ),
];

/// Private keys, with the lines between the marks.
pub(super) const KEYS: &[Kind] = &[
    text(
        "key: rsa",
        &["-----BEGIN RSA PRIVATE KEY-----\n«‹pem›»\n-----END RSA PRIVATE KEY-----\n"],
    ),
    text(
        "key: ec",
        &[
            "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI«‹b55›\n‹b64›\n‹b40›==»\n-----END EC PRIVATE KEY-----",
        ],
    ),
    text(
        "key: openssh",
        &[
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA«‹b46›\n‹pem›»\n-----END OPENSSH PRIVATE KEY-----\n",
        ],
    ),
    text(
        "key: pkcs8",
        &[
            "-----BEGIN PRIVATE KEY-----\n«‹pem›»\n-----END PRIVATE KEY-----",
            "$ cat tls.key\n-----BEGIN PRIVATE KEY-----\r\n«‹b64›\r\n‹b64›\r\n‹b40›=»\r\n-----END PRIVATE KEY-----\r\n$ ",
        ],
    ),
    text(
        "key: encrypted",
        &[
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n«‹pem›»\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,‹H32›\n\n«‹pem›»\n-----END RSA PRIVATE KEY-----\n",
        ],
    ),
    text(
        "key: dsa",
        &["-----BEGIN DSA PRIVATE KEY-----\n«‹pem›»\n-----END DSA PRIVATE KEY-----\n"],
    ),
    text(
        "key: pgp",
        &[
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n«‹pem›\n=‹w4›»\n-----END PGP PRIVATE KEY BLOCK-----\n",
        ],
    ),
    text(
        "key: putty",
        &[
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: k\nPublic-Lines: 2\nAAAAC3NzaC1lZDI1NTE5‹b44›\n‹b16›\nPrivate-Lines: 1\n«‹b44›»\nPrivate-MAC: ‹h64›\n",
        ],
    ),
    text(
        "key: in json",
        &[
            "{\n  \"type\": \"service_account\",\n  \"project_id\": \"acme-prod\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\n«‹b64›\\n‹b64›\\n‹b64›\\n‹b40›=»\\n-----END PRIVATE KEY-----\\n\",\n  \"client_email\": \"svc@acme-prod.iam.gserviceaccount.com\"\n}",
        ],
    ),
    text(
        "key: cut off",
        &["-----BEGIN RSA PRIVATE KEY-----\n«‹pem›»"],
    ),
    text(
        "key: jwk",
        &[
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"‹u43›\",\"y\":\"‹u43›\",\"d\":\"«‹u43›»\"}",
            "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"«‹u43›»\"}",
        ],
    ),
];
