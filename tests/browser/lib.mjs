// What the browser scripts share: a browser, and the steps that a person takes.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'node:test'
import { chromium, firefox } from 'playwright-core'

/** The one without windows has the same engine, and takes two thirds of the time. */
const CHROMIUM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(existsSync)
const FIREFOX = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync)
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

export const url = process.env.NIDAN_URL
export const folder = process.env.NIDAN_FOLDER
/** The same walks run in both: `NIDAN_BROWSER=firefox`. */
export const inFirefox = process.env.NIDAN_BROWSER === 'firefox'

/**
 * The languages that people walk in. What depends on the language does not depend on the browser: in the second one it is
 * walked in the first language, and in both with `--full`.
 */
export const LANGUAGES = inFirefox && !process.env.NIDAN_FULL ? ['ja'] : ['ja', 'en']

export function browser() {
  // A Firefox as it is distributed, by WebDriver BiDi.
  if (inFirefox) return firefox.launch({ channel: 'moz-firefox', executablePath: FIREFOX })
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** The driver tries an empty sheet before each picture, and Firefox refuses it under the page's policy, as it should. */
const DRIVERS_SHEET = `sha256-${createHash('sha256').update('body {}').digest('base64')}`

/** Pages that are open: a test that fails shows what each of them said. */
const open = new Set()

/** The text of a page, inside of its elements too, as people see it. */
const text = (page) => page.evaluate(() => {
  const inside = (root) => [...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => shadowRoot ? [...shadowRoot.children, ...inside(shadowRoot)] : [])
  return [document.body, ...inside(document)].map(({ innerText }) => innerText ?? '').join('\n').replace(/\n\s*\n/g, '\n')
})

// Scripts without tests use these steps too.
if (process.env.NODE_TEST_CONTEXT) {
  afterEach(async ({ passed }) => {
    const pages = [...open].filter((page) => !page.isClosed())
    open.clear()
    if (passed) return
    for (const page of pages) console.log(`on the page ${page.url()}:\n${await text(page).catch(({ message }) => message)}`)
  })
}

/** A page in a fresh profile. What it must never do (errors, policy violations, foreign requests) is collected. */
export async function person(shared, { lang = 'ja', width = 1280, height = 900, dark = false, phone = false, scale = 1, base = url, more = {} } = {}) {
  const context = await shared.newContext({
    locale: lang === 'ja' ? 'ja-JP' : 'en-US',
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    deviceScaleFactor: scale,
    ...(inFirefox ? {} : { hasTouch: phone, isMobile: phone }),
    timezoneId: 'Asia/Tokyo',
    ...more,
  })
  if (!inFirefox) await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base })
  const page = await context.newPage()
  open.add(page)
  const complaints = []
  page.on('pageerror', ({ message }) => { if (!message.includes(DRIVERS_SHEET)) complaints.push(`error: ${message}`) })
  page.on('console', (message) => {
    const isOurs = !message.text().includes(DRIVERS_SHEET)
    if (message.type() === 'error' && isOurs) complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const to = request.url()
    if (!to.startsWith(`${base}/`) && !to.startsWith('blob:') && !to.startsWith('data:')) complaints.push(`foreign request: ${to}`)
  })
  page.on('dialog', (dialog) => dialog.accept())
  await page.goto(`${base}/?lang=${lang}`)
  return { page, context, complaints, lang, w: words(lang) }
}

/** The widget's own catalogue: scripts find things by the words that people read. */
function words(lang) {
  return JSON.parse(readFileSync(new URL(`../../locales/${lang}.json`, import.meta.url)))
}

let people = 0

/** A new account, signed in; of a member of the staff, for whom two-step verification is required, at `staff.example`. */
export async function signUp({ page, lang }, site = 'example.com', name = 'person') {
  const email = `${name}-${process.pid}-${Date.now()}-${people++}@${site}`
  await page.getByRole('button', { name: lang === 'ja' ? 'はじめての方は新規登録' : 'I am new here' }).click()
  await page.getByLabel(lang === 'ja' ? 'メールアドレス' : 'Email').fill(email)
  await page.getByLabel(lang === 'ja' ? 'パスワード' : 'Password').fill('correct horse battery')
  await page.getByRole('button', { name: lang === 'ja' ? '新規登録' : 'Create account' }).click()
  await page.locator(site === 'example.com' ? '#set-up' : 'nidan-flow h2').waitFor()
  return email
}

export async function signOut({ page, lang }) {
  await page.getByRole('button', { name: lang === 'ja' ? 'ログアウト' : 'Sign out' }).click()
}

/** The first step of a login. */
export async function password({ page, lang }, email) {
  await page.getByLabel(lang === 'ja' ? 'メールアドレス' : 'Email').fill(email)
  await page.getByLabel(lang === 'ja' ? 'パスワード' : 'Password').fill('correct horse battery')
  await page.getByRole('button', { name: lang === 'ja' ? 'ログイン' : 'Sign in', exact: true }).click()
}

/** Of somebody who has no second step. */
export async function signIn(at, email) {
  await password(at, email)
  await at.page.locator('#set-up').waitFor()
}

export const press = (at, key) => at.page.getByRole('button', { name: at.w[key], exact: true }).click()
export const title = (at, key) => at.page.getByRole('heading', { name: at.w[key], level: 2 }).waitFor()

/** From the security page to the QR code. */
export async function toQrCode(at) {
  await at.page.locator('#set-up').click()
  await chooseApp(at)
}

/** From the first words to the QR code. */
export async function chooseApp(at) {
  await title(at, 'start.title')
  await press(at, 'start.begin')
  await title(at, 'method.title')
  await press(at, 'method.use')
  await title(at, 'app.title')
  await press(at, 'app.have-one')
  await title(at, 'add.title')
}

/** Somebody with an app and backup codes, signed out again. */
export async function withApp(shared, options, more) {
  const at = await person(shared, options)
  const email = await signUp(at)
  await toQrCode(at)
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri))
  await title(at, 'another.title')
  await more?.(at)
  return { at, email, uri, codes: await finish(at) }
}

/** From a code to the field of a backup code. */
export async function toBackupCode(at) {
  await press(at, 'login.another')
  await at.page.getByRole('button', { name: at.w['login.way-backup'].split('{')[0] }).click()
}

/** From a method that works to the backup codes, past the offer of a second one. */
export async function toSave(at) {
  await title(at, 'another.title')
  await press(at, 'common.next')
  await title(at, 'codes.title')
}

/**
 * The text that zbarimg reads from a screenshot of the whole page. Only as a QR code: it takes a few
 * letters of the page for a bar code once in a while.
 */
export async function scan(page) {
  const image = await page.screenshot({ type: 'png' })
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', '-'], { input: image, encoding: 'utf8' }).trim()
}

/** An independent authenticator. `now` in seconds; the machine's own clock is the service's too. */
export function codeOf(uri, now = Date.now() / 1000) {
  const secret = new URL(uri).searchParams.get('secret')
  const at = new Date(now * 1000).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'
  return execFileSync('oathtool', ['--totp', '--base32', `--now=${at}`, secret], { encoding: 'utf8' }).trim()
}

export async function typeCode(at, code) {
  await at.page.locator('#nidan-code').fill(code)
}

export async function backupCodes(at) {
  const list = at.page.getByRole('list', { name: at.w['codes.list-label'] })
  await list.waitFor()
  return list.getByRole('listitem').allTextContents()
}

/** From the backup codes to the signed-out shop; the codes. */
export async function finish(at) {
  await toSave(at)
  const codes = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(codes[0])
  await press(at, 'codes.finish')
  await title(at, 'done.title')
  await press(at, 'done.finish')
  await at.page.locator('#state').waitFor()
  await signOut(at)
  return codes
}

/** A number of its own for each walk, so that budgets and outboxes are not shared. */
let numbers = Date.now() % 9_000_000
export const mobile = () => `090-1${String(++numbers).padStart(7, '0').replace(/(...)(....)/, '$1-$2')}`
/** As the service and the demo phone write it. */
export const e164 = (number) => `+81${number.replace(/\D/g, '').slice(1)}`

/** What the demo phone has for a number. */
export async function outbox(number) {
  const { messages } = await (await fetch(`${url}/api/phone/messages`)).json()
  return messages.filter((message) => message.number === e164(number))
}

/** The newest message, once there are `count`. */
export async function arrived(number, count = 1) {
  for (let turn = 0; turn < 100; turn++) {
    const messages = await outbox(number)
    if (messages.length >= count) return messages.at(-1)
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`${count} messages to ${number} never arrived`)
}

/** What the demo phone's owner does with a message. */
export async function carrier(message, action, body) {
  const answer = await fetch(`${url}/api/phone/messages/${message.id}/${action}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  })
  return answer.json()
}

export const codeIn = (message) => message.text.match(/#(\d{6})$/)[1]
/** A call says its code twice. */
export const codeSaid = ({ says }) => says.match(/\d/g).slice(0, 6).join('')

/** From the offer of SMS to a number that is confirmed; the number. */
export async function addNumber(at) {
  await press(at, 'method.sms-use')
  const number = mobile()
  await at.page.locator('#nidan-number').fill(e164(number))
  // The number as it is read moves the button down: nobody presses while they type.
  await at.page.getByText(/\+81 \d+-/).waitFor()
  await press(at, 'number.sms-send')
  await title(at, 'phone.sms-title')
  await typeCode(at, codeIn(await arrived(number)))
  return number
}

/** The service's database under its hands: for time that passes. */
export const sql = (statement) => execFileSync('python3', ['-c', `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=10) as db: db.execute(sys.argv[2])
`, join(folder, 'nidan.db'), statement])

/** English begins with another country. */
export async function inJapan(at) {
  const chosen = at.page.locator('summary').filter({ hasText: at.w['number.country'] })
  await chosen.waitFor()
  if ((await chosen.textContent()).includes('+81')) return
  await chosen.click()
  await at.page.getByRole('button', { name: /Japan/ }).click()
  await chosen.filter({ hasText: '+81' }).waitFor()
}
