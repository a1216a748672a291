// A sender of your own, in Node.js without packages: it takes Nidan's messages by webhook and hands each to whatever
// really sends. Here that is `deliver`, which prints a line.
//
//   NIDAN_SECRET=… PORT=9000 node examples/senders/sender.mjs

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const SECRET = process.env.NIDAN_SECRET
const TOLERANCE_S = 300
const BODY_LIMIT = 16 * 1024
/** Nidan repeats a message until it hears an answer: the same id is delivered once. Keep these in your database. */
const seen = new Set()

function deliver(message) {
  console.log(`${message.channel} ${message.id} ${message.number}`)
}

/** HMAC-SHA-256 over timestamp, full stop and body, in hex; compared in constant time. */
function isGenuine(headers, body) {
  const timestamp = headers['nidan-timestamp'] ?? ''
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_S) return false
  const expected = createHmac('sha256', SECRET).update(`${timestamp}.`).update(body).digest()
  const given = Buffer.from(headers['nidan-signature'] ?? '', 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const server = createServer((request, response) => {
  const parts = []
  let size = 0
  request.on('data', (part) => {
    size += part.length
    if (size > BODY_LIMIT) request.destroy()
    else parts.push(part)
  })
  request.on('end', () => {
    const body = Buffer.concat(parts)
    if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
    const message = JSON.parse(body)
    if (!seen.has(message.id)) {
      deliver(message)
      seen.add(message.id)
    }
    return response.writeHead(202).end()
  })
})
server.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
