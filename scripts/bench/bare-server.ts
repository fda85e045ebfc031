// The limit for any webhook on this Node: TLS, JSON in, JSON out, and nothing between. Prints its port.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

const [certFile = '', keyFile = ''] = process.argv.slice(2)
const server = createServer(
  { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ['http/1.1'] },
  (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const {
        request: { uid },
      } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { request: { uid: string } }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid, allowed: true },
        }),
      )
    })
  },
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
