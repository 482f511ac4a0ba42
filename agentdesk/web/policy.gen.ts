// Written from agentdesk/headers.go by TestPolicyOfPageSpecs (run with -update). Do not edit.

/** The Content-Security-Policy of every answer; HOST is the server's own. */
export const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self' wss: ws://HOST; worker-src 'self' blob:; frame-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types vue remotewindow"
