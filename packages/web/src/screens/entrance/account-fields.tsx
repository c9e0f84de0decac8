import { Field, PasswordField } from '../../components/field.tsx'

/** What a new account is made from. */
export function AccountFields({ emailHint }: { emailHint?: string | null }) {
  return (
    <>
      <Field label="Name" name="name" autoComplete="name" maxLength={200} autoFocus />
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        hint={emailHint}
      />
      <PasswordField is="new" label="Password" name="password" />
    </>
  )
}
