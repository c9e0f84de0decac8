import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'

export interface Certificate {
  key: string
  /** Of the server, and of what stands between it and the authority. */
  cert: string
  minVersion?: 'TLSv1'
  ciphers?: string
}

export interface IssueOptions {
  names?: readonly string[]
  /** Until its end; a negative number is past. */
  days?: number
  begunDaysAgo?: number
  /** Signed by itself, as by nobody. */
  alone?: boolean
  /** Of the protocol, that is spoken with it. */
  oldest?: 'TLSv1'
}

export interface CertificateAuthority extends Disposable {
  /** PEM, for whoever shall trust it. */
  cert: string
  issue(options?: IssueOptions): Certificate
}

const DAY_MS = 86_400_000

/** An authority that this process trusts from now on, by which a test's certificates are good. */
export function openAuthority(): CertificateAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'netra-ca-'))
  const path = (name: string): string => join(folder, name)
  const openssl = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' })
  }
  const fresh = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  writeFileSync(path('index.txt'), '')
  writeFileSync(path('serial'), '1000\n')
  writeFileSync(path('ca.cnf'), CONFIGURATION)
  openssl(`req -x509 ${fresh} -days 400 -subj /CN=authority-of-a-test -keyout ca.key -out ca.pem`)
  const cert = readFileSync(path('ca.pem'), 'utf8')
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  let count = 0
  return {
    cert,
    issue({ names = ['localhost'], days = 90, begunDaysAgo = 10, alone = false, oldest } = {}) {
      count += 1
      const name = `server-${count}`
      openssl(`req -new ${fresh} -subj /CN=${name} -keyout ${name}.key -out csr`)
      const alternatives = names.map((one) => (/^[\d.]+$/.test(one) ? `IP:${one}` : `DNS:${one}`))
      writeFileSync(path('ext'), `subjectAltName=${alternatives.join(',')}\n`)
      const signer = alone ? `-selfsign -keyfile ${name}.key` : '-cert ca.pem -keyfile ca.key'
      const life = `-startdate ${asn1Time(-begunDaysAgo)} -enddate ${asn1Time(days)}`
      const files = `-config ca.cnf -extfile ext -in csr -out ${name}.pem`
      openssl(`ca -batch -notext ${signer} ${life} ${files}`)
      return {
        key: readFileSync(path(`${name}.key`), 'utf8'),
        cert: readFileSync(path(`${name}.pem`), 'utf8'),
        ...(oldest && { minVersion: oldest, ciphers: 'DEFAULT:@SECLEVEL=0' }),
      }
    },
    [Symbol.dispose]() {
      tls.setDefaultCACertificates(before)
      rmSync(folder, { recursive: true })
    },
  }
}

const asn1Time = (inDays: number): string =>
  `${new Date(Date.now() + inDays * DAY_MS).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`

const CONFIGURATION = `[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
`
