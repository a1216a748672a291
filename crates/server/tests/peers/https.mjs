// The operator's sender behind TLS: tells what it got, and takes it.
import { createServer } from "node:https";

const server = createServer({ key: process.env.TLS_KEY, cert: process.env.TLS_CERT }, async (request, response) => {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
  console.log(JSON.stringify({ got: body.channel }));
  response.writeHead(202).end();
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ listening: server.address().port })));
