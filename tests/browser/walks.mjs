// Walks past every screen there is.

import { logins } from './login-screens.mjs'
import { phones } from './phone-screens.mjs'
import { setUps } from './setup-screens.mjs'

export const walks = [setUps, phones, logins]
