// A login from the password to the signed-in page, against the real service: every way in, and every way to stay out.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import {
  LANGUAGES, addNumber, arrived, browser, carrier, codeIn, codeOf, codeSaid, finish, outbox, password, person, press, signOut, signUp,
  sql, title, toBackupCode, url, withApp,
} from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const enrolled = (options) => withApp(shared, options)

/** Somebody with a number, by SMS, and backup codes; signed out again. */
async function enrolledByPhone(options) {
  const at = await person(shared, options)
  const email = await signUp(at)
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  const number = await addNumber(at)
  await finish(at)
  return { at, email, number }
}

const code = (at) => at.page.locator('#nidan-code')
const signedIn = (at) => at.page.locator('#state').waitFor()
const told = (at, words) => at.page.getByRole('alert').filter({ hasText: words }).waitFor()
const says = (at, key, places = {}) => at.w[key].replace(/\{(\w+)\}/g, (_, name) => places[name] ?? '')
/** What stands in a text before its first place. */
const begins = (at, key) => at.w[key].split('{')[0]
/** Ten minutes pass for every login that is open. */
const expire = () => sql("UPDATE flow SET expires_at = strftime('%s', 'now') - 1 WHERE purpose = 'verify' AND state = 'open'")

for (const lang of LANGUAGES) {
  test(`${lang}: by app, with the field focused before the widget is there`, async () => {
    const { at, email, uri } = await enrolled({ lang })
    await password(at, email)
    await code(at).waitFor()
    assert.equal(await code(at).evaluate((field) => field === document.activeElement), true, 'the person can type at once')
    await title(at, 'login.title')
    await at.page.getByText(says(at, 'login.account', { issuer: '二段ショップ', account: email })).waitFor()
    await at.page.keyboard.type(codeOf(uri, Date.now() / 1000 + 30))
    await at.page.keyboard.press('Enter')
    await signedIn(at)
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: by text, and by a call instead`, async () => {
    const { at, email, number } = await enrolledByPhone({ lang })
    await password(at, email)
    await title(at, 'login.title')
    assert.equal((await outbox(number)).length, 1, 'nothing is sent without a tap')
    await press(at, 'login.sms-send')
    await code(at).fill(codeIn(await arrived(number, 2)))
    await press(at, 'login.submit')
    await signedIn(at)
    await signOut(at)
    await password(at, email)
    await press(at, 'number.call-instead')
    const keys = await at.page.locator('.nidan-keys').textContent()
    await code(at).fill(codeSaid(await carrier(await arrived(number, 3), 'digits', { digits: keys })))
    await press(at, 'login.submit')
    await signedIn(at)
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  // A browser that reads messages hands the code over (WebOTP): here its part is played.
  test(`${lang}: a code that the browser reads of the message stands in the field, right or wrong`, async () => {
    const { at, email, number } = await enrolledByPhone({ lang })
    await at.page.addInitScript(() => {
      Object.assign(window, { OTPCredential: class {} })
      navigator.credentials.get = () => new Promise((read) => { Object.assign(window, { reads: (code) => read(/** @type {any} */ ({ code })) }) })
    })
    await at.page.reload()
    await password(at, email)
    await press(at, 'login.sms-send')
    const right = codeIn(await arrived(number, 2))
    const wrong = right === '000000' ? '000001' : '000000'
    const reads = (text) => at.page.evaluate((text) => /** @type {any} */ (window).reads(text), text)
    await at.page.waitForFunction(() => 'reads' in window)
    await reads(wrong)
    await at.page.waitForFunction((wrong) => document.querySelector('#nidan-code')?.value === wrong, wrong)
    await press(at, 'login.submit')
    await told(at, begins(at, 'phone.code-wrong'))
    assert.equal(await code(at).inputValue(), wrong, 'what was sent is what is seen')
    await code(at).fill(right)
    await press(at, 'login.submit')
    await signedIn(at)
    await at.context.close()
  })

  test(`${lang}: a text that does not come: what may be the cause, with two taps to the carrier`, async () => {
    const { at, email, number } = await enrolledByPhone({ lang })
    await password(at, email)
    await press(at, 'login.sms-send')
    await arrived(number, 2)
    await press(at, 'help.title')
    await at.page.getByText(/docomo.*irumo/).click()
    await at.page.getByText('SMS一括拒否').waitFor()
    // The field, and every way on, are still there.
    await at.page.getByRole('button', { name: at.w['number.call-instead'], exact: true }).waitFor()
    await at.page.getByRole('button', { name: at.w['login.another'], exact: true }).waitFor()
    await code(at).fill(codeIn(await arrived(number, 2)))
    await press(at, 'login.submit')
    await signedIn(at)
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: a backup code in the code’s field lets in, and six digits in the other one do`, async () => {
    const { at, email, codes, uri } = await enrolled({ lang })
    await password(at, email)
    await code(at).fill(codes[4])
    await press(at, 'login.submit')
    await signedIn(at)
    await signOut(at)
    await password(at, email)
    await toBackupCode(at)
    await at.page.locator('#nidan-backup').fill(codes.join(' '))
    await press(at, 'login.submit')
    await told(at, at.w['codes.one-only'])
    await at.page.locator('#nidan-backup').fill(codeOf(uri, Date.now() / 1000 + 30))
    await press(at, 'login.submit')
    await signedIn(at)
    await at.context.close()
  })

  test(`${lang}: by backup code after another way, with mistypings told at once`, async () => {
    const { at, email, codes } = await enrolled({ lang })
    await password(at, email)
    await title(at, 'login.title')
    await press(at, 'login.another')
    await title(at, 'login.ways-title')
    await at.page.getByRole('button', { name: says(at, 'login.way-backup', { count: '10' }) }).click()
    await title(at, 'login.backup-title')
    const field = at.page.locator('#nidan-backup')
    const asked = []
    at.page.on('request', (request) => { if (request.url().endsWith('/verification')) asked.push(request) })
    await field.fill(codes[3].replace(/.$/, (last) => (last === '0' ? '1' : '0')))
    await press(at, 'login.submit')
    await told(at, at.w['codes.typo-check'])
    assert.equal(asked.length, 0, 'a mistyping costs no try')
    await field.fill(codes[3].toLowerCase().replaceAll('-', ' '))
    await press(at, 'login.submit')
    await signedIn(at)
    await at.page.getByText(lang === 'ja' ? 'バックアップコード 9個' : '9 backup codes').waitFor()
    await signOut(at)
    await password(at, email)
    await title(at, 'login.title')
    await press(at, 'login.another')
    await at.page.goBack()
    await title(at, 'login.title')
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: wrong codes up to two codes, and back to one`, async () => {
    const { at, email, uri } = await enrolled({ lang })
    await password(at, email)
    await title(at, 'login.title')
    const wrong = ['000000', '111111', '222222']
    for (const [at_, digits] of wrong.entries()) {
      await code(at).fill(digits)
      await press(at, 'login.submit')
      await told(at, at_ === 2 ? at.w['login.wrong-third'] : begins(at, at_ ? 'login.wrong-clock' : 'login.wrong'))
    }
    await at.page.getByText(at.w['login.two-app-now']).waitFor()
    assert.equal(await code(at).inputValue(), '222222', 'what was typed is not lost')
    const second = at.page.locator('#nidan-second-code')
    await press(at, 'login.submit')
    await told(at, at.w['login.second-empty'])
    await second.fill('333333')
    await press(at, 'login.submit')
    await told(at, begins(at, 'login.pair-wrong'))
    await code(at).fill(codeOf(uri, Date.now() / 1000 + 30))
    await second.fill(codeOf(uri, Date.now() / 1000 + 60))
    await press(at, 'login.submit')
    await signedIn(at)
    await signOut(at)
    await password(at, email)
    await title(at, 'login.title')
    assert.equal(await second.count(), 0, 'one is enough again')
    await at.context.close()
  })

  test(`${lang}: a trusted browser is not asked, until it is revoked`, async () => {
    const { at, email, codes } = await enrolled({ lang })
    const byBackup = async (place, trust) => {
      await title(at, 'login.title')
      await toBackupCode(at)
      if (trust) await at.page.getByLabel(says(at, 'login.trust', { days: '30' })).check()
      await at.page.locator('#nidan-backup').fill(codes[place])
      await press(at, 'login.submit')
      await signedIn(at)
    }
    await password(at, email)
    await title(at, 'login.title')
    assert.equal(await at.page.getByLabel(says(at, 'login.trust', { days: '30' })).isChecked(), false)
    await byBackup(1, true)
    for (let again = 0; again < 2; again++) {
      await signOut(at)
      await password(at, email)
      await signedIn(at)
    }
    await at.page.locator('#browsers button').click()
    await at.page.locator('#browsers').waitFor({ state: 'detached' })
    await signOut(at)
    await password(at, email)
    await byBackup(2, false)
    assert.deepEqual(at.complaints, [])
    await at.context.close()
  })

  test(`${lang}: "This sign-in is not mine" stops every sign-in`, async () => {
    const { at, email, uri } = await enrolled({ lang })
    const thief = await person(shared, { lang })
    await password(thief, email)
    await title(thief, 'login.title')
    await password(at, email)
    await title(at, 'login.title')
    await press(at, 'login.not-me')
    await at.page.getByText(at.w['report.text']).waitFor()
    await press(at, 'common.back')
    await title(at, 'login.title')
    await press(at, 'login.not-me')
    await press(at, 'report.send')
    await title(at, 'reported.title')
    await at.page.getByText(at.w['reported.password']).waitFor()
    await code(thief).fill(codeOf(uri, Date.now() / 1000 + 30))
    await press(thief, 'login.submit')
    await title(thief, 'reported.title')
    await thief.context.close()
    await at.context.close()
  })

  test(`${lang}: two tabs do not fight, and time that is up leads on`, async () => {
    const { at, email, uri } = await enrolled({ lang })
    await password(at, email)
    await title(at, 'login.title')
    const other = { ...at, page: await at.context.newPage() }
    await other.page.goto(`${url}/?lang=${lang}`)
    await title(other, 'login.title')
    await code(at).fill(codeOf(uri, Date.now() / 1000 + 30))
    await press(at, 'login.submit')
    await title(at, 'login.elsewhere-title')
    await press(at, 'login.here')
    await title(at, 'login.title')
    expire()
    await code(at).fill('123456')
    await press(at, 'login.submit')
    await title(at, 'login.expired-title')
    await press(at, 'login.again')
    await title(at, 'login.title')
    await code(at).fill(codeOf(uri, Date.now() / 1000 + 30))
    await press(at, 'login.submit')
    await signedIn(at)
    await at.context.close()
  })
}

test('what is typed before the module has come is kept, and the focus with it', async () => {
  const { at, email, uri } = await enrolled({ lang: 'en' })
  let release
  const held = new Promise((done) => { release = done })
  await at.page.route('**/nidan-login_bg.wasm', async (route) => { await held; await route.continue() })
  await password(at, email)
  await code(at).waitFor()
  await at.page.keyboard.type('12')
  release()
  await title(at, 'login.title')
  assert.equal(await code(at).inputValue(), '12')
  await at.page.keyboard.type('3')
  assert.equal(await code(at).inputValue(), '123', 'the caret and the focus stayed')
  await code(at).fill(codeOf(uri, Date.now() / 1000 + 30))
  await at.page.keyboard.press('Enter')
  await signedIn(at)
  await at.context.close()
})

for (const lang of LANGUAGES) {
  test(`${lang}: without WebAssembly the element’s own children stay, and a plain page takes the code`, async () => {
    const { at, email, uri } = await enrolled({ lang })
    await at.page.route('**/nidan-login_bg.wasm', (route) => route.abort())
    await password(at, email)
    await at.page.locator('nidan-flow form.card').waitFor()
    assert.equal(await code(at).count(), 0)
    await at.page.locator('nidan-flow form.card button').click()
    const plain = at.page.getByLabel(lang === 'ja' ? '6桁のコード' : /^6.digit code/)
    await plain.fill('000 000')
    const check = () => at.page.getByRole('button', { name: lang === 'ja' ? 'ログインする' : 'Sign in' }).first().click()
    await check()
    await at.page.getByRole('alert').waitFor()
    await plain.fill(codeOf(uri, Date.now() / 1000 + 30))
    await check()
    await at.page.getByRole('button', { name: lang === 'ja' ? '次へ' : 'Continue' }).click()
    await signedIn(at)
    await at.context.close()
  })
}

test('nobody gets in while the service does not answer', async () => {
  const { at, email } = await enrolled({ lang: 'en' })
  await at.page.route('**/2sv/v1/flow', (route) => route.abort())
  await password(at, email)
  await title(at, 'trouble.title')
  await at.page.unroute('**/2sv/v1/flow')
  await press(at, 'common.retry')
  await title(at, 'login.title')
  await at.page.goto(`${url}/?lang=en`)
  await title(at, 'login.title')
  assert.equal(await at.page.locator('#state').count(), 0, 'the password alone shows nothing')
  await at.context.close()
})

test('help that cannot be fetched says so, and comes when it can', async () => {
  const { at, email } = await enrolledByPhone({ lang: 'en' })
  await password(at, email)
  await press(at, 'login.sms-send')
  await at.page.route('**/help/**', (route) => route.abort())
  await press(at, 'help.title')
  const causes = at.page.locator('.nidan-causes')
  await causes.getByText(at.w['trouble.unreachable'], { exact: true }).waitFor()
  await at.page.unroute('**/help/**')
  await press(at, 'help.title')
  await causes.waitFor({ state: 'detached' })
  await press(at, 'help.title')
  await causes.locator('details').first().waitFor()
  assert.equal(await causes.getByText(at.w['trouble.unreachable'], { exact: true }).count(), 0)
  await at.context.close()
})
