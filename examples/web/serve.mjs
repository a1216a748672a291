// The built samples, the policy that a strict page has, and the shop's back end behind them (`cargo xtask demo`).
//   node serve.mjs [port] [URL of the demo]

import { readFile } from 'node:fs/promises'
import { createServer, request as ask } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const [port = '8100', demo = 'http://127.0.0.1:8000'] = process.argv.slice(2)
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' }
// Vue makes a Trusted Types policy of its own name; React and plain pages make none.
const policy = (name) => "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self'; "
  + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types "
  + (name.startsWith('/vue/') ? 'vue' : "'none'")
const dist = fileURLToPath(new URL('dist', import.meta.url))

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (/^\/(api|2sv|nidan)\//.test(pathname)) return pass(request, response)
  const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname
  try {
    const file = await readFile(join(dist, normalize(name)))
    response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': policy(name), 'Referrer-Policy': 'same-origin' })
    response.end(file)
  } catch {
    response.writeHead({ '/': 302, '/favicon.ico': 204 }[pathname] ?? 404, { Location: '/plain/' }).end()
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/plain/ /react/ /vue/`))

/** As a reverse proxy does: the back end hears the origin that it knows, where the page's own was right. */
function pass(request, response) {
  const { origin, host } = request.headers
  // Absolute targets and other people's pages get nothing through.
  if (!request.url.startsWith('/') || request.url.startsWith('//') || (origin && origin !== `http://${host}`)) return response.writeHead(403).end()
  const headers = { ...request.headers, host: new URL(demo).host, ...(origin && { origin: new URL(demo).origin }) }
  const onward = ask(new URL(demo).origin + request.url, { method: request.method, headers }, (answer) => {
    // The shop sends people to its own first page when a form has come; here that is the sample's.
    const back = answer.headers.location?.startsWith('/?') ? { location: `/plain/${answer.headers.location.slice(1)}` } : {}
    response.writeHead(answer.statusCode, { ...answer.headers, ...back })
    answer.pipe(response)
  })
  onward.on('error', () => response.writeHead(502).end())
  request.pipe(onward)
}
