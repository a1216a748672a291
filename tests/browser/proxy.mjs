// What stands between people and the demo in the world: one machine more, which does what it wants with requests.

import { createServer, request } from 'node:http'

import { url } from './lib.mjs'

/**
 * A server before the demo's. `meddle` sees each request first: it may change its headers, or answer it and say so.
 * @param {(asked: import('node:http').IncomingMessage, answer: import('node:http').ServerResponse) => boolean | void} meddle
 * @param {(asked: import('node:http').IncomingMessage, given: import('node:http').IncomingMessage) => void} passed what came back
 */
export async function proxied(meddle, passed = () => {}) {
  const server = createServer((asked, answer) => {
    if (meddle(asked, answer)) return
    const own = `http://${asked.headers.host}`
    const headers = { ...asked.headers, host: new URL(url).host }
    // The demo knows one origin: to it the proxy's is its own.
    if (headers.origin === own) headers.origin = url
    if (headers.referer) headers.referer = headers.referer.replace(own, url)
    const onward = request(`${url}${asked.url}`, { method: asked.method, headers }, (given) => {
      answer.writeHead(given.statusCode, given.headers)
      passed(asked, given)
      given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { base: `http://127.0.0.1:${port}`, end: () => { server.closeAllConnections(); server.close() } }
}

/** One that changes nothing and keeps everything but files: heads and bodies, of requests and of answers. */
export async function recorded() {
  const kept = []
  const keep = (message, head) => {
    const parts = [Buffer.from(head)]
    kept.push(parts)
    message.on('data', (part) => parts.push(part))
  }
  const isFile = ({ url: path }) => /\.(js|css|wasm|json|svg|png|ico|txt)($|\?)/.test(path)
  const proxy = await proxied((asked) => {
    if (isFile(asked)) return
    // Nothing is packed, so that it can be read.
    delete asked.headers['accept-encoding']
    keep(asked, `${asked.method} ${asked.url} ${JSON.stringify(asked.headers)}\n`)
  }, (asked, given) => { if (!isFile(asked)) keep(given, `${given.statusCode} ${JSON.stringify(given.headers)}\n`) })
  return { ...proxy, texts: () => kept.map((parts) => Buffer.concat(parts).toString('latin1')) }
}

/** Answers in the place of the demo, and tells [proxied] so. */
export const says = (answer, status, headers, body = '') => { answer.writeHead(status, headers).end(body); return true }
