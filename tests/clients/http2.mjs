// No MCP client: one POST over HTTP/2 without TLS, and what came back as one JSON object.
// `node http2.mjs ORIGIN PATH TOKEN BODY`
import { connect } from 'node:http2';

const [origin, path, token, body] = process.argv.slice(2);
const session = connect(origin);
const got = { headers: {}, trailers: {}, body: '' };
const fail = error => {
  console.error(error.message);
  process.exit(1);
};
session.on('error', fail);
setTimeout(() => fail(new Error('no answer within 30 s')), 30_000).unref();

const request = session.request({
  ':method': 'POST',
  ':path': path,
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
});
request.setEncoding('utf8');
request.on('error', fail);
request.on('response', headers => {
  got.status = headers[':status'];
  got.headers = headers;
});
request.on('trailers', trailers => { got.trailers = trailers; });
request.on('data', text => { got.body += text; });
request.on('end', () => {
  console.log(JSON.stringify(got));
  session.close();
});
request.end(body);
