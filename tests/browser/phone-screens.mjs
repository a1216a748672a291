// Screenshots of what belongs to phones: numbers, codes, help, and the demo phone.

import { join } from 'node:path'
import { person, press, signUp, title, typeCode, url } from './lib.mjs'

export async function phones(shared, into, { lang, width, dark }) {
  const phone = width === 360
  const at = await person(shared, { lang, width, height: phone ? 740 : 900, dark, phone })
  let number = 0
  const shot = async (name, page = at.page) => {
    number += 1
    await page.evaluate(() => scrollTo(0, 0))
    const file = `p${String(number).padStart(2, '0')}-${name}-${lang}-${width}-${dark ? 'dark' : 'light'}.png`
    await page.screenshot({ path: join(into, file), fullPage: true })
  }
  await signUp(at)
  await at.page.locator('#set-up').click()
  await title(at, 'start.title')
  await press(at, 'start.begin')
  await title(at, 'method.title')
  await press(at, 'method.sms-use')
  const chosen = at.page.locator('summary').filter({ hasText: at.w['number.country'] })
  await chosen.click()
  await shot('country')
  await at.page.getByRole('button', { name: lang === 'ja' ? /日本/ : /Japan/ }).click()
  await at.page.locator('#nidan-number').fill('03-1234-5678')
  await press(at, 'number.sms-send')
  await at.page.getByRole('alert').filter({ hasText: at.w['phone.landline'] }).waitFor()
  await shot('landline')
  await at.page.locator('#nidan-number').fill(`090-1234-${1000 + (Date.now() % 9000)}`)
  await shot('number')
  await press(at, 'number.sms-send')
  await title(at, 'phone.sms-title')
  await at.page.getByText(at.w['phone.accepted'].replace(/.*\{seconds\}/, '').trim()).waitFor()
  await shot('code')
  await press(at, 'help.title')
  await shot('help')
  for (let check = 0; check < 3; check++) await press(at, 'help.next')
  await at.page.getByText('docomo').first().click()
  await shot('help-carriers')
  for (let check = 0; check < 4; check++) await press(at, 'help.next')
  await shot('help-end')
  await press(at, 'number.call-instead')
  await title(at, 'phone.voice-title')
  await at.page.getByText(at.w['phone.accepted'].replace(/.*\{seconds\}/, '').trim()).waitFor()
  await shot('call')
  const keys = await at.page.locator('.nidan-keys').textContent()
  const { messages } = await (await fetch(`${url}/api/phone/messages`)).json()
  const line = await at.context.newPage()
  await line.goto(`${url}/shop/phone.html?lang=${lang}`)
  await line.getByRole('button', { name: lang === 'ja' ? '電話に出る' : 'Answer' }).first().click()
  await shot('demo-phone', line)
  const answer = await fetch(`${url}/api/phone/messages/${messages.at(-1).id}/keys`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ keys }),
  })
  await typeCode(at, (await answer.json()).says.match(/\d/g).slice(0, 6).join(''))
  await title(at, 'another.title')
  await shot('another')
  await press(at, 'method.voice-use')
  await at.page.locator('#nidan-number').fill('03-1234-5678')
  await shot('call-number')
  await at.context.close()
}
