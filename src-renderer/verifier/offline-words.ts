import type { Language } from '../../src-main/wire/languages.ts'

export interface OfflineWords {
  compare: string
  drop: string
  choose: string
  paste: string
  checkWith: string
  pinned: string
  /** Of what was given as a policy. */
  noPolicy: string
  /** The page carries nothing that could be checked. */
  notInPage: string
  notProven: string
  /** What this verifier cannot say: it came with the page. */
  ownPage: string
}

export const OFFLINE_WORDS: Readonly<Record<Language, OfflineWords>> = {
  en: {
    compare: 'Fingerprint of the enclosed trust policy, to compare with the issuer by telephone',
    drop: 'Drop a trust policy that reached you another way here, choose its file, or paste its text.',
    choose: 'Choose a file',
    paste: 'Text of the trust policy',
    checkWith: 'Check with this policy',
    pinned: 'Checked with the trust policy that you gave.',
    noPolicy:
      'This is not a trust policy. Expected is the text that plumbline log policy prints, as the operator keeps it; a certificate or another file is none.',
    notInPage:
      'In this page no certificate can be read. Ask the issuer for the page as it was made, or for the .plumb.',
    notProven: 'Not proven',
    ownPage:
      'Of the page around it nothing is said: this verifier cannot vouch for the page that it came with. Compare what stands above with what the page shows.',
  },
  de: {
    compare: 'Fingerabdruck der beigelegten Vertrauensrichtlinie, zum Vergleich mit dem Aussteller am Telefon',
    drop: 'Eine Vertrauensrichtlinie, die auf anderem Weg kam, hier ablegen, als Datei wählen oder ihren Text einfügen.',
    choose: 'Datei wählen',
    paste: 'Text der Vertrauensrichtlinie',
    checkWith: 'Mit dieser Richtlinie prüfen',
    pinned: 'Geprüft mit der Vertrauensrichtlinie, die Sie gegeben haben.',
    noPolicy:
      'Das ist keine Vertrauensrichtlinie. Erwartet wird der Text, den plumbline log policy ausgibt, wie ihn der Betreiber hat; ein Zertifikat oder eine andere Datei ist keine.',
    notInPage:
      'In dieser Seite lässt sich kein Zertifikat lesen. Bitten Sie den Aussteller um die Seite, wie sie gemacht wurde, oder um die .plumb-Datei.',
    notProven: 'Nicht bewiesen',
    ownPage:
      'Über die Seite darum herum ist nichts gesagt: Dieses Prüfprogramm kann nicht für die Seite bürgen, mit der es kam. Vergleichen Sie, was oben steht, mit dem, was die Seite zeigt.',
  },
}
