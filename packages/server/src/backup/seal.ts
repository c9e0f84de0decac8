import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform, type Readable } from 'node:stream'

/** The first line of an encrypted backup: salt, nonce, what AES-256-GCM made, its 16-byte tag. */
const MAGIC = Buffer.from('netra-backup-1 scrypt aes-256-gcm\n')
const SALT = 16
const NONCE = 12
const TAG = 16
const START = MAGIC.length + SALT + NONCE

/** 64 MB and a fifth of a second for each guess. */
const COST = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }

const keyOf = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

/** Encrypts what goes through it; nobody without the passphrase reads or changes it unnoticed. */
export async function sealing(passphrase: string): Promise<Transform> {
  const [salt, nonce] = [randomBytes(SALT), randomBytes(NONCE)]
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce)
  const start = Buffer.concat([MAGIC, salt, nonce])
  cipher.setAAD(start)
  const sealed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, cipher.update(chunk))
    },
    flush(done) {
      this.push(cipher.final())
      done(null, cipher.getAuthTag())
    },
  })
  sealed.push(start)
  return sealed
}

/**
 * The archive inside a backup, encrypted or not. Its end is where a wrong passphrase or a change shows:
 * nothing that was read counts before it.
 *
 * @throws with what to do when a passphrase is missing, or is there and the backup has none: whoever
 * may write to where backups lie could have put another one in its place.
 */
export async function openSealed(
  path: string,
  passphrase: string | undefined,
  { unencrypted = false }: { unencrypted?: boolean } = {},
): Promise<Readable> {
  const file = await open(path)
  const start = Buffer.alloc(START)
  const tag = Buffer.alloc(TAG)
  const { size } = await file.stat()
  try {
    await file.read(start, 0, START, 0)
    if (!start.subarray(0, MAGIC.length).equals(MAGIC)) {
      if (passphrase === undefined || unencrypted) return createReadStream(path)
      throw new Error(
        `${path} is not encrypted, but NETRA_BACKUP_PASSPHRASE is set: somebody may have put it in the place of yours. If you know that it is yours, restore it with --unencrypted`,
      )
    }
    if (size < START + TAG) throw new Error(`${path} is cut off: copy it again`)
    if (passphrase === undefined) {
      throw new Error(`${path} is encrypted: set NETRA_BACKUP_PASSPHRASE to what it was made with`)
    }
    await file.read(tag, 0, TAG, size - TAG)
  } finally {
    await file.close()
  }
  const salt = start.subarray(MAGIC.length, MAGIC.length + SALT)
  const nonce = start.subarray(MAGIC.length + SALT)
  const decipher = createDecipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce)
  decipher.setAAD(start)
  decipher.setAuthTag(tag)
  const content = createReadStream(path, { start: START, end: size - TAG - 1 })
  content.on('error', (error) => decipher.destroy(error))
  return content.pipe(decipher)
}
