// Every screen under the strictest policy, Trusted Types and all, in Chromium, Firefox and WebKitGTK: no report, no violation.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { browser } from './lib.mjs'
import { states } from './gallery.mjs'
import { webkit } from './webkit.mjs'

const DIST = process.env.NIDAN_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.txt': 'text/plain' }
/** The reference policy, to the letter, and where browsers report to. */
const policy = (nonce) => `default-src 'none'; script-src 'nonce-${nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; `
  + `img-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; report-uri /reports`

/** A script that somebody has changed on its way, and what it would do. */
let altered = ''
const RUNS = '\nglobalThis.alteredScriptRan = true\n'

const reports = []
let server, origin
before(async () => {
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (pathname === '/reports') {
      let text = ''
      for await (const part of request) text += part
      reports.push(text)
      return response.writeHead(204).end()
    }
    try {
      const whole = await readFile(join(DIST, normalize(pathname)))
      const file = pathname === altered ? Buffer.concat([whole, Buffer.from(RUNS)]) : whole
      const nonce = crypto.randomUUID()
      const isPage = pathname.endsWith('.html')
      response.writeHead(200, { 'Content-Type': TYPES[extname(pathname)] ?? 'application/octet-stream', ...(isPage && { 'Content-Security-Policy': policy(nonce) }) })
      response.end(isPage ? file.toString().replaceAll('<script ', `<script nonce="${nonce}" `) : file)
    } catch { response.writeHead(404).end() }
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  origin = `http://127.0.0.1:${server.address().port}`
})
after(() => server.close())

/** In the page: what the browser says of violations, and whether the screen stands. */
const outcome = `async () => {
  for (let turn = 0; turn < 400 && !(document.body.dataset.ready ?? document.body.dataset.failed); turn++) await new Promise((done) => setTimeout(done, 25))
  return { ready: document.body.dataset.ready, failed: document.body.dataset.failed, shadow: Boolean(document.querySelector('nidan-flow')?.shadowRoot) }
}`

async function playwright() {
  const shared = await browser()
  const page = await (await shared.newContext({ viewport: { width: 480, height: 800 } })).newPage()
  return { goto: (url) => page.goto(url), evaluate: (body) => page.evaluate(`(${body})()`), close: () => shared.close(), page }
}

// Without a browser's name: the two that are not Firefox.
const ENGINES = process.env.NIDAN_BROWSER ? { [process.env.NIDAN_BROWSER]: playwright } : { chromium: playwright, webkit }
for (const [name, open] of Object.entries(ENGINES)) {
  test(`${name}: every state, light and shadow, without a violation`, async () => {
    const at = await open()
    let pages = 0
    try {
      for (const [tree, dom] of ['light', 'shadow'].entries()) {
        // Where not all is asked for, each engine takes every second state in each tree, and another one the others.
        const half = states.filter((_, nth) => process.env.NIDAN_FULL || (nth + tree + ['firefox', 'chromium', 'webkit'].indexOf(name)) % 2 === 0)
        for (const { name: state } of half) {
          await at.goto(`${origin}/gallery/frame.html?${new URLSearchParams({ state, dom, locale: 'ja', theme: 'kura' })}`)
          const { ready, failed, shadow } = await at.evaluate(outcome)
          assert.equal(ready, state, `${state} ${dom}: ${failed}`)
          assert.equal(shadow, dom === 'shadow')
          pages += 1
        }
      }
    } finally { await at.close() }
    assert.deepEqual(reports, [])
    console.log(`# ${name}: ${pages} pages, ${reports.length} violations`)
  })

  test(`${name}: a script with another hash does not run`, async () => {
    const at = await open()
    try {
      for (const [script, state] of Object.entries({ 'nidan-login.js': 'login-code', 'set-up.js': 'start', 'nidan.js': 'start', 'manage.js': 'manage-overview' })) {
        altered = `/nidan/${script}`
        await at.goto(`${origin}/gallery/frame.html?${new URLSearchParams({ state, dom: 'light', locale: 'en', theme: 'kura' })}`)
        const seen = await at.evaluate(`async () => {
          for (let turn = 0; turn < 80 && !globalThis.alteredScriptRan && !document.body.dataset.ready; turn++) await new Promise((done) => setTimeout(done, 25))
          return { ran: Boolean(globalThis.alteredScriptRan), ready: document.body.dataset.ready ?? null }
        }`)
        assert.deepEqual(seen, { ran: false, ready: null }, script)
      }
    } finally {
      altered = ''
      await at.close()
    }
    reports.length = 0
  })

  test(`${name}: the server hears of a violation when there is one`, async () => {
    const at = await open()
    try {
      await at.goto(`${origin}/gallery/frame.html?state=start`)
      await at.evaluate(outcome)
      await at.evaluate(`async () => { document.body.setAttribute('style', 'color: red'); document.querySelector('main').append(Object.assign(document.createElement('style'), { textContent: 'p {}' })); await new Promise((done) => setTimeout(done, 500)) }`)
      assert.notEqual(reports.length, 0)
    } finally { await at.close() }
    reports.length = 0
  })
}
