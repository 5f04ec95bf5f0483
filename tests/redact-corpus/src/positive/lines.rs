//! Secrets that can be told only by what stands beside them in code, commands, headers, URLs and prose.

use super::Kind;

/// Code, commands, headers and prose.
pub(super) const LINES: &[Kind] = &[
    Kind::text(
        "code: password",
        &[
            "const client = new Client({\n  user: '‹user›',\n  password: '«‹safepw›»',\n});",
            "password = \"«‹safepw›»\"\nconn = connect(user=\"‹user›\", password=password)",
            "DB_PASS := \"«‹safepw›»\"",
            "String password = \"«‹safepw›»\";",
        ],
    ),
    Kind::text(
        "code: api key",
        &[
            "api_key = '«‹h32›»'\nclient = Client(api_key)",
            "const API_KEY = \"«‹w40›»\";",
            "var apiToken = \"«‹w40›»\"",
            "config.secret_key_base = \"«‹h128›»\"",
        ],
    ),
    Kind::text(
        "command: password",
        &[
            "mysql --user=‹user› --password=«‹safepw›» -h ‹host› ‹db›",
            "sshpass -p '«‹safepw›»' ssh ‹user›@‹host›",
            "docker login -u ‹user› -p «‹safepw›» registry.acme.io",
            "vault login -method=userpass username=‹user› password=«‹safepw›»",
        ],
    ),
    Kind::text(
        "command: token",
        &[
            "deploy --env prod --token «‹w40›» --wait",
            "helm upgrade shop ./chart --set auth.token=«‹w40›»",
            "docker run -e API_TOKEN=«‹h40›» acme/shop:1.4",
        ],
    ),
    Kind::text(
        "command: curl",
        &[
            "curl -u ‹user›:«‹safepw›» https://api.acme.io/v1/orders",
            "curl -H 'Authorization: Bearer «‹w40›»' https://api.acme.io/v1/me",
            "curl --user \"‹user›:«‹safepw›»\" -X POST https://api.acme.io/v1/jobs",
            "curl -H \"X-Api-Key: «‹w32›»\" https://api.acme.io/health",
        ],
    ),
    Kind::text(
        "header: bearer",
        &[
            "GET /v1/me HTTP/1.1\nHost: api.acme.io\nAuthorization: Bearer «‹u43›»\nAccept: */*\n",
            "authorization: Bearer «‹w64›»",
            "> Authorization: Bearer «‹h40›»\n< HTTP/1.1 200 OK",
        ],
    ),
    Kind::text(
        "header: basic",
        &[
            "Authorization: Basic «‹w31›=»\nAccept: application/json",
            "Proxy-Authorization: Basic «‹w27›=»",
        ],
    ),
    Kind::text(
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
    Kind::text("header: okta", &["Authorization: SSWS «00‹u40›»"]),
    Kind::text(
        "cookie",
        &[
            "Cookie: theme=dark; session=«‹u43›»; lang=en",
            "Set-Cookie: sessionid=«‹a32›»; Path=/; HttpOnly; Secure",
            "Cookie: connect.sid=«s%3A‹u32›.‹w43›»",
        ],
    ),
    Kind::text(
        "url: userinfo",
        &[
            "https://‹user›:«‹w20›»@git.acme.io/acme/shop.git",
            "Cloning into 'shop' from https://‹user›:«‹w24›»@git.acme.io/acme/shop.git ...",
            "ftp://‹user›:«‹w12›»@files.acme.io/in",
            "proxy: http://‹user›:«‹w16›»@proxy.acme.io:3128",
        ],
    ),
    Kind::text(
        "url: query",
        &[
            "https://api.acme.io/v1/items?access_token=«‹w40›»&page=2",
            "GET /hook?page=1&api_key=«‹h32›» 200 12ms",
            "https://maps.acme.io/tile?key=«‹w39›»",
            "https://app.acme.io/reset?token=«‹u43›»",
        ],
    ),
    Kind::text(
        "url: signed",
        &[
            "https://acme.blob.core.windows.net/in/a.csv?sv=2024-11-04&sp=r&sr=b&sig=«‹w43›%3D»",
            "https://acme.s3.amazonaws.com/a.csv?X-Amz-Credential=‹w8›&X-Amz-Expires=900&X-Amz-Signature=«‹h64›»",
            "https://storage.googleapis.com/acme/a.csv?X-Goog-Expires=900&X-Goog-Signature=«‹h256›»",
        ],
    ),
    Kind::text(
        "url: otpauth",
        &["otpauth://totp/Acme:‹user›?secret=«‹B32›»&issuer=Acme"],
    ),
    Kind::text(
        "form",
        &[
            "grant_type=client_credentials&client_id=‹uuid›&client_secret=«‹w40›»",
            "username=‹user›&password=«‹w18›»&remember=1",
        ],
    ),
    Kind::text(
        "prose: password",
        &[
            "The password for the staging database is «‹safepw›», please rotate it.",
            "Hi ‹user›, your temporary password is: «‹safepw›»\nYou must change it at first login.",
            "login: ‹user›\npassword: «‹safepw›»\n",
            "Use ‹user› with password '«‹safepw›»' on ‹host›.",
        ],
    ),
    Kind::text(
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
    Kind::text(
        "connection: postgres",
        &[
            "postgres://‹user›:«‹w18›»@‹host›:5432/‹db›?sslmode=require",
            "host=‹host› port=5432 dbname=‹db› user=‹user› password=«‹safepw›»",
            "jdbc:postgresql://‹host›/‹db›?user=‹user›&password=«‹w18›»",
        ],
    ),
    Kind::text(
        "connection: mysql",
        &[
            "mysql://‹user›:«‹w18›»@‹host›:3306/‹db›",
            "mysql+pymysql://‹user›:«‹w20›»@‹host›/‹db›",
            "Server=‹host›;Database=‹db›;Uid=‹user›;Pwd=«‹safepw›»;",
        ],
    ),
    Kind::text(
        "connection: mongodb",
        &[
            "mongodb+srv://‹user›:«‹w20›»@cluster0.ab1cd.mongodb.net/‹db›?retryWrites=true",
            "mongodb://‹user›:«‹w20›»@‹host›:27017,‹host›:27018/‹db›",
        ],
    ),
    Kind::text(
        "connection: redis",
        &[
            "redis://:«‹w24›»@‹host›:6379/0",
            "rediss://default:«‹w24›»@‹host›:6380",
        ],
    ),
    Kind::text(
        "connection: amqp",
        &[
            "amqp://‹user›:«‹w16›»@‹host›:5672/%2Fprod",
            "amqps://‹user›:«‹w16›»@‹host›/",
        ],
    ),
    Kind::text(
        "connection: sql server",
        &[
            "Server=tcp:‹host›,1433;Initial Catalog=‹db›;User ID=‹user›;Password=«‹safepw›»;Encrypt=True;",
            "Driver={ODBC Driver 18 for SQL Server};Server=‹host›;UID=‹user›;PWD=«‹safepw›»",
        ],
    ),
    Kind::text(
        "connection: azure storage",
        &[
            "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=«‹b86›==»;EndpointSuffix=core.windows.net",
        ],
    ),
    Kind::text(
        "connection: azure bus",
        &[
            "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«‹b43›=»",
            "HostName=acme.azure-devices.net;DeviceId=d1;SharedAccessKey=«‹b43›=»",
        ],
    ),
    Kind::text(
        "connection: cosmos",
        &["AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=«‹b86›==»;"],
    ),
    Kind::text(
        "connection: others",
        &[
            "clickhouse://‹user›:«‹w18›»@‹host›:9000/‹db›",
            "snowflake://‹user›:«‹w18›»@acme-eu/‹db›",
            "smtp://‹user›:«‹w18›»@‹host›:587",
            "nats://‹user›:«‹w18›»@‹host›:4222",
        ],
    ),
];
