import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { totpCode } from '../../packages/server/src/auth/account/totp.ts'
import { PASSWORD, type Person } from '../support/people.ts'
import { post, type Thing } from './row.ts'
import { NOBODY, type Stage } from './stage-shape.ts'

/** A person made for one row, whose own token asks: `bearer` in a thing takes the owner's place. */
export async function freshPerson(stage: Stage): Promise<Thing & { bearer: string }> {
  const email = `${stage.mark()}@example.com`
  const { access_token, user } = await stage.made<{ access_token: string; user: { id: string } }>(
    NOBODY,
    post('/auth/register', { email, password: PASSWORD }),
  )
  for (const secret of [email, access_token, user.id]) stage.secrets.add(secret)
  return { marker: email, email, user: user.id, bearer: access_token }
}

const asThing = (thing: Thing): Person => ({
  ...NOBODY,
  headers: { authorization: `Bearer ${thing['bearer'] ?? ''}` },
})

export async function withTotpSecret(stage: Stage): Promise<Thing> {
  const thing = await freshPerson(stage)
  const { secret = '' } = await stage.made(
    asThing(thing),
    post('/auth/two-factor/setup', { password: PASSWORD }),
  )
  stage.secrets.add(secret)
  return { ...thing, secret }
}

export const codeOf = (thing: Thing): string => totpCode(thing['secret'] ?? '', Date.now())

export async function withTwoFactor(stage: Stage): Promise<Thing> {
  const thing = await withTotpSecret(stage)
  const { recovery_codes } = await stage.made<{ recovery_codes: string[] }>(
    asThing(thing),
    post('/auth/two-factor/enable', { code: codeOf(thing) }),
  )
  for (const code of recovery_codes) stage.secrets.add(code)
  return { ...thing, recovery: recovery_codes[0] ?? '' }
}

export async function challenged(stage: Stage): Promise<Thing> {
  const thing = await withTwoFactor(stage)
  const answer = await stage.asPerson(
    NOBODY,
    post('/auth/login', { email: thing.marker, password: PASSWORD }),
  )
  const { details } = JSON.parse(answer.body) as { details: { challenge: string } }
  stage.secrets.add(details.challenge)
  return { ...thing, challenge: details.challenge }
}

/** The token of a one-time link that the administrator hands out. */
export const linked =
  (kind: 'password_reset' | 'verify_email') =>
  async (stage: Stage): Promise<Thing> => {
    const thing = await freshPerson(stage)
    const { url = '' } = await stage.made(
      stage.admin,
      post(`/auth/admin/users/${thing['user']}/links`, { kind }),
    )
    const token = new URL(url).hash.replace('#token=', '')
    stage.secrets.add(token)
    return { ...thing, token }
  }

/** Another login session of the owner, known by the program that it says it is. */
export async function otherSession(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { email } = stage.ada
  await stage.made(NOBODY, {
    ...post('/auth/login', { email, password: PASSWORD }),
    headers: { 'user-agent': marker },
  })
  const { sessions } = await stage.made<{ sessions: { id: string; user_agent: string }[] }>(
    stage.ada,
    { method: 'GET', path: '/auth/sessions' },
  )
  const id = sessions.find((session) => session.user_agent === marker)?.id ?? ''
  stage.secrets.add(id)
  return { marker, id }
}

export async function apiKey(stage: Stage): Promise<Thing> {
  const marker = stage.mark()
  const { id = '', key = '' } = await stage.made(
    stage.ada,
    post('/auth/api-keys', { name: marker, scopes: ['chat:read'], expires_in_days: 1 }),
  )
  for (const secret of [id, key]) stage.secrets.add(secret)
  return { marker, id }
}

/** As a sign-in through the provider leaves it. */
export async function linkedProvider(stage: Stage): Promise<Thing> {
  const thing = await freshPerson(stage)
  const store = new DatabaseSync(join(stage.netra.folder, 'auth.db'), { timeout: 10_000 })
  const now = new Date().toISOString()
  try {
    store
      .prepare(
        `INSERT INTO account (id, accountId, providerId, userId, createdAt, updatedAt)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(
        crypto.randomUUID(),
        thing['user'] ?? '',
        `oidc ${stage.issuer}`,
        thing['user'] ?? '',
        now,
        now,
      )
  } finally {
    store.close()
  }
  return { ...thing, marker: '"linked_at"' }
}
