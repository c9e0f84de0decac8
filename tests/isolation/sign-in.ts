import { PASSWORD, type Person } from '../support/people.ts'
import { ask } from './ask.ts'

/** A new login session of the same person. @throws when there is none. */
export async function signIn(url: string, person: Person, address = '127.0.0.1'): Promise<void> {
  const body = { email: person.email, password: PASSWORD }
  const answer = await ask(url, { method: 'POST', path: '/auth/login', body }, { address })
  if (answer.status !== 200) throw new Error(`${person.email} cannot sign in: ${answer.whole}`)
  const { access_token: token } = JSON.parse(answer.body) as { access_token: string }
  const at = answer.rawHeaders.findIndex((name) => name.toLowerCase() === 'set-cookie')
  person.token = token
  person.cookie = answer.rawHeaders[at + 1]?.split(';')[0] ?? ''
  person.headers = { authorization: `Bearer ${token}` }
}
