// The samples as they are built, in a browser, from the password to the signed-in page: turned on once, asked for at the next login.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { backupCodes, browser, codeOf, scan, url } from './lib.mjs'
import { readFileSync } from 'node:fs'

const words = JSON.parse(readFileSync(new URL('../../locales/en.json', import.meta.url)))
const PORT = 8150 + (process.pid % 500)
const here = `http://127.0.0.1:${PORT}`

let shared, served
before(async () => {
  served = spawn(process.execPath, [fileURLToPath(new URL('../../examples/web/serve.mjs', import.meta.url)), String(PORT), url], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((ready) => served.stdout.once('data', ready))
  shared = await browser()
})
after(async () => {
  await shared.close()
  served.kill()
})

const press = (page, name) => page.getByRole('button', { name, exact: true }).click()

async function signIn(page, email) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('correct horse battery')
  await press(page, 'Sign in')
}

for (const sample of ['plain', 'react', 'vue']) {
  test(`${sample}: signs in, turns it on, and asks at the next login`, async () => {
    const context = await shared.newContext({ viewport: { width: 900, height: 1000 }, locale: 'en-US' })
    const page = await context.newPage()
    const complaints = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
    const email = `${sample}-${Date.now()}@example.com`
    await page.goto(`${here}/${sample}/`)
    await page.getByLabel('Email').waitFor()
    // The shop signs people up elsewhere.
    await page.evaluate(async (email) => {
      const send = (path, body) => fetch(`/api/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
      await send('sign-up', { email, password: 'correct horse battery' })
      await send('sign-out', {})
    }, email)
    await signIn(page, email)
    await page.getByText('Two-step verification is off').waitFor()
    await press(page, 'Turn on two-step verification')
    await press(page, words['start.begin'])
    await press(page, words['method.use'])
    await press(page, words['app.have-one'])
    await press(page, words['add.enlarge'])
    const uri = await scan(page)
    await press(page, words['add.done'])
    await page.locator('#nidan-code').fill(codeOf(uri))
    await press(page, words['common.next'])
    const [code] = await backupCodes({ page, w: words })
    await page.locator('#nidan-backup').fill(code)
    await press(page, words['codes.finish'])
    await press(page, words['done.finish'])
    await page.getByText('Two-step verification is on.').waitFor()

    await page.evaluate(() => fetch('/api/sign-out', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }))
    await page.goto(`${here}/${sample}/`)
    await signIn(page, email)
    await page.locator('#nidan-code').fill('000000')
    await press(page, words['login.submit'])
    await page.getByRole('alert').filter({ hasText: words['login.wrong'].split('{')[0] }).waitFor()
    await page.locator('#nidan-code').fill(codeOf(uri, Date.now() / 1000 + 30))
    await press(page, words['login.submit'])
    await page.getByText(`Signed in as ${email}. Two-step verification is on.`).waitFor()
    assert.deepEqual(complaints.filter((line) => !/status of (400|401|422|429)/.test(line)), [])
    await context.close()
  })
}
