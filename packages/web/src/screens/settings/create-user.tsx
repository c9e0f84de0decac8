import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field, INPUT } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { ShownOnce } from '../../components/shown-once.tsx'
import { Section } from './section.tsx'
import { useUsersApi } from './use-users.ts'

/** Makes an account for somebody, who sets the password by a link. */
export function CreateUser({ onCreated }: { onCreated: () => Promise<void> }) {
  const usersApi = useUsersApi()
  const [made, setMade] = useState<{ email: string; url: string } | null>(null)
  const [round, setRound] = useState(0)
  const form = useForm(async (data) => {
    const name = field(data, 'name').trim()
    const { user, url } = await usersApi.create({
      email: field(data, 'email').trim(),
      role: field(data, 'role') === 'admin' ? 'admin' : 'user',
      ...(name !== '' && { name }),
    })
    setMade({ email: user.email, url })
    setRound(round + 1)
    await onCreated()
  })
  return (
    <Section
      title="Create a user"
      text="You get a link that works once, by which the person sets the password. Send it yourself."
    >
      <form key={round} onSubmit={form.submit} className="space-y-4">
        <div className="grid gap-3 sm:grid-cols-[2fr_2fr_1fr]">
          <Field label="Email" name="email" type="email" autoComplete="off" required />
          <Field label="Name" name="name" autoComplete="off" maxLength={200} />
          <label>
            <span className="mb-1.5 block text-sm font-medium text-soft">Role</span>
            <select name="role" defaultValue="user" className={INPUT}>
              <option value="user">Member</option>
              <option value="admin">Administrator</option>
            </select>
          </label>
        </div>
        <FormProblem form={form} />
        <Button type="submit" kind="primary" busy={form.isBusy}>
          Create user
        </Button>
      </form>
      {made ? (
        <div className="mt-4">
          <ShownOnce
            what="link"
            secret={made.url}
            hint={`Only for ${made.email}: whoever has it sets the password.`}
          />
        </div>
      ) : null}
    </Section>
  )
}
