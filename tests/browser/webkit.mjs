// WebKitGTK by its own WebDriver, without a library between: a page can be opened and asked.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

const ROOT = '/usr/lib'
/** Distributions put it where their libraries are. */
const BROWSER = readdirSync(ROOT).flatMap((name) => ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((kind) => `${ROOT}/${name}/${kind}/MiniBrowser`)).find(existsSync)
const PORT = 4600 + (process.pid % 400)

/** A window of WebKitGTK: `goto`, `evaluate` a function's text, `close`. */
export async function webkit() {
  // A screen of its own; the sandbox does not run as root.
  const driver = spawn('xvfb-run', ['-a', 'WebKitWebDriver', `--port=${PORT}`], {
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' }, stdio: 'ignore', detached: true,
  })
  const end = () => { try { process.kill(-driver.pid) } catch { /* It has ended. */ } }
  try {
    await answers()
    const { sessionId } = await ask('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] } } },
    })
    const session = `/session/${sessionId}`
    await ask('POST', `${session}/timeouts`, { script: 20_000, pageLoad: 30_000 })
    return {
      goto: (url) => ask('POST', `${session}/url`, { url }),
      evaluate: (body, ...args) => ask('POST', `${session}/execute/async`, {
        script: `const done = arguments[arguments.length - 1]; Promise.resolve((${body})(...[...arguments].slice(0, -1))).then(done, (error) => done({ failed: String(error) }))`, args,
      }),
      version: () => ask('GET', `${session}/url`).then(() => BROWSER),
      async close() {
        await ask('DELETE', session).catch(() => {})
        end()
      },
    }
  } catch (error) {
    end()
    throw error
  }
}

async function answers() {
  for (let turn = 0; turn < 100; turn++) {
    try {
      await ask('GET', '/status')
      return
    } catch { await new Promise((done) => setTimeout(done, 100)) }
  }
  throw new Error('WebKitWebDriver does not answer')
}

async function ask(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { method, body: body && JSON.stringify(body), headers: body && { 'Content-Type': 'application/json' } })
  const { value } = await answer.json()
  if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`)
  return value
}
