// A page beside the first one: everything as the first page serves it, policy and headers too, and a shop and a service of
// its own behind it, so that what is tested here and there meets in no database.
//   node beside.mjs PORT PAGE SHOP SERVICE        (the last three are ports)

import { createServer, request as ask } from 'node:http'

const [port, page, shop, service] = process.argv.slice(2).map(Number)
const BEHIND = { '/api/': shop, '/2sv/': service }

createServer((request, response) => {
  const prefix = Object.keys(BEHIND).find((one) => request.url.startsWith(one))
  const [to, path] = prefix ? [BEHIND[prefix], request.url.slice(prefix.length - 1)] : [page, request.url]
  const onward = ask({ host: '127.0.0.1', port: to, path, method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  // A browser that goes away ends its stream of events behind the page as well.
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}).listen(port, '127.0.0.1')
