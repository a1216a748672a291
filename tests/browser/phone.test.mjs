// Codes by phone, against the real service and shop: the demo phone's outbox plays the carrier.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  LANGUAGES, arrived, backupCodes, browser, carrier, codeIn, codeOf, codeSaid, e164, inJapan, mobile, outbox, person, press, scan, signUp, sql,
  title, typeCode, url,
} from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(async () => { await shared.close() })

/** Five minutes pass for every code that was sent so far. */
const expire = () => sql('UPDATE challenge SET expires_at = sent_at')

/** Time passes on both sides, for a page whose clock is installed. */
async function passes(at, seconds) {
  sql(`UPDATE challenge SET sent_at = sent_at - ${seconds}`)
  await at.page.clock.runFor(seconds * 1_000)
}

const words = (at, key, places) => at.w[key].replace(/\{(\w+)\}/g, (_, name) => places[name])
const counting = (at) => new RegExp(at.w['phone.resend-in'].replace('{seconds}', '\\d+'))

async function toMethods(at) {
  await at.page.locator('#set-up').click()
  await title(at, 'start.title')
  await press(at, 'start.begin')
  await title(at, 'method.title')
}

async function toNumber(at, key = 'method.sms-use') {
  await toMethods(at)
  await press(at, key)
  await inJapan(at)
}

async function order(at, number, key = 'number.sms-send') {
  await at.page.locator('#nidan-number').fill(number)
  await press(at, key)
}

async function finish(at) {
  const [code] = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(code)
  await press(at, 'codes.finish')
  await title(at, 'done.title')
}

for (const lang of LANGUAGES) {
  test(`a person enrols by SMS (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await at.page.locator('#nidan-number').fill(number)
    const read = `+81 ${number.slice(1)}`
    await at.page.getByText(read).waitFor()
    assert.equal((await outbox(number)).length, 0, 'nothing is sent before the person agrees')
    await press(at, 'number.sms-send')
    await title(at, 'phone.sms-title')
    const message = await arrived(number)
    const reference = message.text.match(/[（(]([A-Z]\d)[）)]/)[1]
    await at.page.getByText(reference).waitFor()
    assert.equal(await at.page.locator('#nidan-code').getAttribute('autocomplete'), 'one-time-code')
    assert.equal(await at.page.evaluate(() => document.activeElement.id), 'nidan-code')
    await carrier(message, 'receipt', { state: 'delivered' })
    await at.page.getByText(at.w['phone.delivered'].replace(/.*\{seconds\}/, '').trim()).waitFor()
    assert.ok(!(await at.page.locator('nidan-flow').textContent()).includes(number.slice(4)), 'two digits are enough')
    await typeCode(at, codeIn(message))
    await title(at, 'another.title')
    await press(at, 'common.next')
    await finish(at)
    await press(at, 'done.finish')
    await at.page.getByText(lang === 'ja' ? `SMS（末尾${number.slice(-2)}）` : `SMS to •••${number.slice(-2)}`).waitFor()
    assert.deepEqual(at.complaints, [])
  })

  test(`a person enrols by a call (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = `03-${mobile().slice(4)}`
    await signUp(at)
    await toNumber(at, 'method.voice-use')
    await order(at, number, 'number.voice-send')
    await title(at, 'phone.voice-title')
    const keys = await at.page.locator('.nidan-keys').textContent()
    const message = await arrived(number)
    assert.equal((await carrier(message, 'digits', { digits: keys === '11' ? '12' : '11' })).says, null)
    const { says } = await carrier(message, 'digits', { digits: keys })
    await typeCode(at, codeSaid({ says }))
    await title(at, 'another.title')
    assert.deepEqual(at.complaints, [])
  })
}

test('whoever cannot press keys hears the code at once', async () => {
  const at = await person(shared, { lang: 'ja' })
  const number = `03-${mobile().slice(4)}`
  await signUp(at)
  await toNumber(at, 'method.voice-use')
  await order(at, number, 'number.without-keys')
  await title(at, 'phone.voice-title')
  assert.equal(await at.page.locator('.nidan-keys').count(), 0)
  const message = await arrived(number)
  assert.equal(message.waits_for_digits, false)
  await typeCode(at, codeSaid({ says: message.text }))
  await title(at, 'another.title')
  assert.deepEqual(at.complaints, [])
})

for (const lang of LANGUAGES) {
  test(`an app and a number go into one set-up (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toMethods(at)
    await press(at, 'method.use')
    await press(at, 'app.have-one')
    const uri = await scan(at.page)
    await press(at, 'add.done')
    await typeCode(at, codeOf(uri))
    await title(at, 'another.title')
    await press(at, 'method.sms-use')
    await inJapan(at)
    await at.page.getByText(at.w['number.name'], { exact: true }).click()
    await at.page.locator('#nidan-name').fill('仕事用: 👩‍💻')
    await order(at, number)
    await typeCode(at, codeIn(await arrived(number)))
    await title(at, 'another.title')
    await at.page.getByText('仕事用').waitFor()
    await press(at, 'common.next')
    await finish(at)
    await press(at, 'done.finish')
    await at.page.getByText(new RegExp(`(•••|末尾)${number.slice(-2)}`)).waitFor()
  })
}

for (const lang of LANGUAGES) {
  test(`a landline that is typed for SMS is called instead (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = `03-${mobile().slice(4)}`
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    await at.page.getByRole('alert').filter({ hasText: at.w['phone.landline'] }).waitFor()
    assert.equal(await at.page.locator('#nidan-number').inputValue(), number, 'nothing typed is lost')
    await press(at, 'number.call-instead')
    await title(at, 'phone.voice-title')
    assert.equal((await arrived(number)).channel, 'voice')
  })
}

for (const lang of LANGUAGES) {
  test(`wrong codes are counted, a changed number gets a code of its own (${lang})`, async () => {
    const at = await person(shared, { lang })
    const [first, second] = [mobile(), mobile()]
    await signUp(at)
    await toNumber(at)
    await order(at, first)
    await title(at, 'phone.sms-title')
    const old = codeIn(await arrived(first))
    await typeCode(at, old === '000000' ? '000001' : '000000')
    await at.page.getByRole('alert').filter({ hasText: words(at, 'phone.code-wrong', { left: 4 }) }).waitFor()
    await press(at, 'common.back')
    assert.equal(await at.page.locator('#nidan-number').inputValue(), first)
    await order(at, second)
    await title(at, 'phone.sms-title')
    const code = codeIn(await arrived(second))
    await typeCode(at, code)
    await title(at, 'another.title')
  })
}

for (const lang of LANGUAGES) {
  test(`five wrong codes, and a new one for the same number (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    await title(at, 'phone.sms-title')
    const code = codeIn(await arrived(number))
    const wrong = ['000000', '000001', '000002', '000003', '000004', '000005'].filter((guess) => guess !== code)
    // In English the last one is "1 try left".
    const forms = new Intl.PluralRules(lang)
    const key = (left) => [`phone.code-wrong.${forms.select(left)}`, 'phone.code-wrong'].find((key) => key in at.w)
    for (let left = 4; left >= 0; left--) {
      await typeCode(at, wrong[left])
      const says = left ? words(at, key(left), { left }) : at.w['phone.code-spent']
      await at.page.getByRole('alert').filter({ hasText: says }).waitFor()
    }
    await press(at, 'phone.resend')
    const fresh = codeIn(await arrived(number, 2))
    await at.page.getByRole('alert').filter({ hasText: at.w['phone.code-spent'] }).waitFor({ state: 'hidden' })
    await typeCode(at, fresh)
    await title(at, 'another.title')
  })
}

for (const lang of LANGUAGES) {
  test(`a code that has expired says so and is replaced (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    await arrived(number)
    expire()
    await at.page.getByText(at.w['phone.code-expired']).waitFor()
    await press(at, 'phone.resend')
    await arrived(number, 2)
    await at.page.getByText(at.w['phone.code-expired']).waitFor({ state: 'hidden' })
    await typeCode(at, codeIn(await arrived(number, 2)))
    await title(at, 'another.title')
  })
}

for (const lang of LANGUAGES) {
  test(`the question and all choices fit a phone's screen (${lang})`, async () => {
    const at = await person(shared, { lang })
    await at.page.setViewportSize({ width: 360, height: 740 })
    await signUp(at)
    await toMethods(at)
    await at.page.waitForTimeout(200)
    const boxes = await at.page.locator('nidan-flow :is(h2, .nidan-choice)').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()))
    // The question; a passkey, an app, a text and a call.
    assert.equal(boxes.length, 5)
    // A page that was scrolled stands at a part of a pixel.
    for (const { top, bottom } of boxes) assert.ok(Math.round(top) >= 0 && Math.round(bottom) <= 740, `${top} to ${bottom}`)
  })
}

test('a number that cannot be is told before anything is sent', async () => {
  const at = await person(shared, { lang: 'en' })
  await signUp(at)
  await toNumber(at)
  for (const [typed, key] of [['', 'phone.empty'], ['090-1234', 'phone.too-short'], ['090-1234-56789', 'phone.too-long'], ['hello', 'phone.not-digits'], ['03-1234-5678 ext. 5', 'phone.extension']]) {
    await order(at, typed)
    await at.page.getByRole('alert').filter({ hasText: at.w[key] }).waitFor()
    assert.equal(await at.page.locator('#nidan-number').inputValue(), typed)
  }
  await order(at, '050-1234-5678')
  await at.page.getByRole('alert').filter({ hasText: at.w['phone.kind'] }).waitFor()
})

test('a number that only the service can read is shown before anything is sent', async () => {
  const at = await person(shared, { lang: 'en' })
  const number = mobile()
  await signUp(at)
  await toNumber(at)
  await order(at, `tel:+81-${number.slice(1)}`)
  await at.page.getByRole('alert').filter({ hasText: at.w['phone.two-ways'] }).waitFor()
  assert.match(await at.page.locator('#nidan-number').inputValue(), /^\+81 \d\d-\d{4}-\d{4}$/)
  assert.equal((await outbox(number)).length, 0, 'nothing is sent to what was not seen')
  await press(at, 'number.sms-send')
  await title(at, 'phone.sms-title')
})

test('a country is found by name and code, and the number is read by it', async () => {
  const at = await person(shared, { lang: 'ja' })
  await signUp(at)
  await toNumber(at)
  await at.page.locator('summary').filter({ hasText: at.w['number.country'] }).click()
  const search = at.page.getByRole('searchbox', { name: at.w['number.search'] })
  await search.fill('+39')
  await at.page.getByRole('button', { name: /イタリア/ }).click()
  await at.page.locator('#nidan-number').fill('312 345 6789')
  await at.page.getByText('+39 312 345 6789').waitFor()
})

for (const lang of LANGUAGES) {
  test(`a code that does not arrive leads to the call (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    await title(at, 'phone.sms-title')
    await arrived(number)
    await press(at, 'help.title')
    await title(at, 'help.title')
    await at.page.getByText(number).waitFor()
    await at.page.getByText(/docomo.*irumo/).click()
    await at.page.getByText('SMS一括拒否').waitFor()
    await at.page.getByText(at.w['help.support'], { exact: true }).click()
    await press(at, 'help.copy')
    const copied = await at.page.evaluate(() => navigator.clipboard.readText())
    assert.ok(copied.includes(number.slice(-2)) && !copied.includes(number.slice(4, 8)), copied)
    await press(at, 'number.call-instead')
    await title(at, 'phone.voice-title')
    const keys = await at.page.locator('.nidan-keys').textContent()
    const message = await arrived(number, 2)
    const { says } = await carrier(message, 'digits', { digits: keys })
    await typeCode(at, codeSaid({ says }))
    await title(at, 'another.title')
    assert.deepEqual(at.complaints, [])
  })
}

for (const lang of LANGUAGES) {
  test(`a failure that the gateway reports is said first (${lang})`, async () => {
    const at = await person(shared, { lang })
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    await carrier(await arrived(number), 'receipt', { state: 'failed' })
    await at.page.getByText(at.w['phone.failed']).waitFor()
    await press(at, 'help.title')
    await at.page.getByText(at.w['phone.failed']).waitFor()
    await at.page.getByRole('button', { name: at.w['method.use'] }).waitFor()
  })
}

for (const lang of LANGUAGES) {
  test(`the same code is sent again after the countdown (${lang})`, async () => {
    const at = await person(shared, { lang })
    await at.page.clock.install()
    const number = mobile()
    await signUp(at)
    await toNumber(at)
    await order(at, number)
    const first = await arrived(number)
    await at.page.getByText(counting(at)).waitFor()
    await passes(at, 31)
    await press(at, 'phone.resend')
    const second = await arrived(number, 2)
    assert.equal(second.text, first.text)
    await at.page.getByText(counting(at)).waitFor()
  })
}

test('where a proxy holds the stream back, the widget asks', async () => {
  const at = await person(shared, { lang: 'en' })
  await at.page.clock.install()
  const number = mobile()
  await signUp(at)
  // Neither answered nor refused.
  await at.page.route(`${url}/2sv/v1/flow/challenges/*/events`, () => {})
  await toNumber(at)
  await order(at, number)
  await title(at, 'phone.sms-title')
  await carrier(await arrived(number), 'receipt', { state: 'failed' })
  // It gives the stream five seconds, and asks every three.
  await at.page.clock.runFor(9_000)
  await at.page.getByRole('alert').filter({ hasText: at.w['phone.failed'] }).waitFor()
})

test('the demo phone shows texts and takes calls', async () => {
  const at = await person(shared, { lang: 'en' })
  const number = mobile()
  const phone = await at.context.newPage()
  await phone.goto(`${url}/shop/phone.html?lang=en`)
  await signUp(at)
  await toNumber(at)
  await order(at, number)
  await phone.getByText(e164(number)).waitFor()
  await phone.locator('section', { hasText: e164(number) }).last().getByRole('button', { name: 'Fill in the code' }).click()
  await title(at, 'another.title')
})
