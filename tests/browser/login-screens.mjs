// Screenshots of a login: the code, two codes, other ways, and every way to stay out.

import {
  addNumber, codeOf, finish, password, person, press, scan, signUp, title, toBackupCode, typeCode, url,
} from './lib.mjs'
import { camera } from './camera.mjs'

export async function logins(shared, look) {
  const { lang, width, dark } = look
  const phone = width === 360
  const at = await person(shared, { lang, width, height: phone ? 740 : 900, dark, phone })
  const shot = camera(at, 'l', look)
  const email = await signUp(at)
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  await press(at, 'method.use')
  await press(at, 'app.have-one')
  if (phone) await at.page.getByText(at.w['add.show-qr']).click()
  const uri = phone ? await at.page.getByRole('link', { name: at.w['add.open-app'] }).getAttribute('href') : await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri))
  await title(at, 'another.title')
  await addNumber(at)
  const codes = await finish(at)

  await password(at, email)
  await title(at, 'login.title')
  await shot('code')
  await at.page.locator('#nidan-code').fill('12345')
  await press(at, 'login.submit')
  await at.page.getByRole('alert').filter({ hasText: '5' }).waitFor()
  for (const wrong of ['000000', '111111']) {
    await at.page.locator('#nidan-code').fill(wrong)
    await press(at, 'login.submit')
    await at.page.getByRole('alert').filter({ hasText: at.w[wrong === '000000' ? 'login.wrong' : 'login.wrong-clock'].split('{')[0] }).waitFor()
  }
  await shot('wrong')
  await at.page.locator('#nidan-code').fill('222222')
  await press(at, 'login.submit')
  await at.page.getByText(at.w['login.two-app-now']).waitFor()
  await shot('two-codes')
  await press(at, 'login.another')
  await title(at, 'login.ways-title')
  await shot('ways')
  await at.page.getByRole('button', { name: at.w['login.way-sms'].split('{')[0] }).click()
  await at.page.getByRole('button', { name: at.w['login.sms-send'] }).waitFor()
  await shot('sms')
  await press(at, 'login.sms-send')
  await at.page.getByText(at.w['phone.accepted'].replace(/.*\{seconds\}/, '').trim()).waitFor()
  await shot('sms-code')
  await toBackupCode(at)
  await title(at, 'login.backup-title')
  await shot('backup')
  await press(at, 'login.another')
  await press(at, 'login.lost')
  await title(at, 'login.lost-title')
  await shot('lost')
  await press(at, 'common.back')
  await press(at, 'common.back')
  await press(at, 'login.not-me')
  await shot('not-me')
  await press(at, 'report.send')
  await title(at, 'reported.title')
  await shot('reported')
  await at.page.locator('#leave').click()

  for (const [name, heading, answer] of [
    ['resting', 'login.title', { status: 429, json: { code: 'method_resting', retry_at: Math.ceil(Date.now() / 86_400_000) * 86_400 } }],
    ['elsewhere', 'login.elsewhere-title', { status: 409, json: { code: 'flow_conflict' } }],
    ['expired', 'login.expired-title', { status: 401, json: { code: 'flow_expired' } }],
    ['spent', 'login.spent-title', { status: 429, json: { code: 'too_many_attempts' } }],
  ]) {
    await password(at, email)
    await title(at, 'login.title')
    await at.page.route('**/v1/flow/verification', (route) => route.fulfill(answer))
    await at.page.locator('#nidan-code').fill('123456')
    if (await at.page.locator('#nidan-second-code').count()) await at.page.locator('#nidan-second-code').fill('123456')
    await press(at, 'login.submit')
    if (name === 'resting') await at.page.getByRole('alert').filter({ hasText: at.w['login.resting'].split('{')[0] }).waitFor()
    await title(at, heading)
    await shot(name)
    await at.page.unroute('**/v1/flow/verification')
    await at.page.locator('#leave').click()
  }
  await password(at, email)
  await title(at, 'login.title')
  await toBackupCode(at)
  await at.page.route('**/v1/flow/verification', (route) => route.fulfill({ json: { outcome: 'verified', backup_codes_left: 3, result_code: 'x'.repeat(43) } }))
  await at.page.locator('#nidan-backup').fill(codes[1])
  await press(at, 'login.submit')
  await title(at, 'login.few-title')
  await shot('few-codes')
  await at.page.unroute('**/v1/flow/verification')

  // Where the module cannot come: the element's own children, and the service's page without scripts.
  await at.page.route('**/nidan-login_bg.wasm', (route) => route.abort())
  await at.page.goto(`${url}/?lang=${lang}`)
  await at.page.locator('nidan-flow form.card button').waitFor()
  await shot('fallback')
  await at.page.locator('nidan-flow form.card button').click()
  const field = at.page.locator('input[name=code]').first()
  await field.waitFor()
  await shot('plain')
  await field.fill('000000')
  await field.press('Enter')
  await at.page.getByRole('alert').waitFor()
  await shot('plain-wrong')
  await at.context.close()
}
