"""The languages, one a line, for `ocrchat.languages` to read.

Code; script (ISO 15924); Tesseract's data, `-` where PP-OCRv6 needs none, `+` where it has the letters but loses marks on them;
other codes; English names, the usual one first.
"""

TABLE = """
    af | Latn | - | afr | Afrikaans
    am | Ethi | amh | amh | Amharic
    ar | Arab | ara | ara | Arabic
    as | Beng | Bengali | asm | Assamese
    az | Latn | +aze | aze az-Latn | Azerbaijani
    az-Cyrl | Cyrl | Cyrillic | aze_cyrl | Azerbaijani (Cyrillic)
    be | Cyrl | Cyrillic | bel | Belarusian
    bg | Cyrl | Cyrillic | bul | Bulgarian
    bn | Beng | Bengali | ben | Bengali / Bangla
    bo | Tibt | bod | bod tib | Tibetan
    br | Latn | - | bre | Breton
    bs | Latn | +hrv | bos | Bosnian
    ca | Latn | - | cat | Catalan / Valencian
    ceb | Latn | - | | Cebuano
    ch | Hans | - | zh zh-Hans zh-CN zh-SG zho chi cmn chi_sim | Chinese (Simplified) / Chinese / Mandarin
    chinese_cht | Hant | - | zh-Hant zh-TW zh-HK zh-MO chi_tra | Chinese (Traditional)
    chr | Cher | chr | | Cherokee
    co | Latn | - | cos | Corsican
    cr | Cans | iku | cre csw | Cree
    cs | Latn | +ces | ces cze | Czech
    cy | Latn | - | cym wel | Welsh
    da | Latn | +dan | dan | Danish
    de | Latn | - | deu ger | German
    dv | Thaa | div | div | Divehi / Dhivehi / Maldivian
    dz | Tibt | bod | dzo | Dzongkha
    el | Grek | ell | ell gre | Greek
    en | Latn | - | eng | English
    eo | Latn | - | epo | Esperanto
    es | Latn | - | spa | Spanish / Castilian
    et | Latn | +est | est | Estonian
    eu | Latn | - | eus baq | Basque
    fa | Arab | fas | fas per pes | Persian / Farsi
    fi | Latn | - | fin | Finnish
    fj | Latn | - | fij | Fijian
    fo | Latn | +fao | fao | Faroese
    fr | Latn | - | fra fre | French
    fy | Latn | - | fry | Western Frisian / Frisian
    ga | Latn | - | gle | Irish
    gd | Latn | - | gla | Scottish Gaelic
    gl | Latn | - | glg | Galician
    gu | Gujr | guj | guj | Gujarati
    haw | Latn | - | | Hawaiian
    he | Hebr | heb | heb iw | Hebrew
    hi | Deva | Devanagari | hin | Hindi
    hr | Latn | +hrv | hrv | Croatian
    ht | Latn | - | hat | Haitian Creole / Haitian
    hu | Latn | +hun | hun | Hungarian
    hy | Armn | hye | hye arm | Armenian
    id | Latn | - | ind | Indonesian
    is | Latn | +isl | isl ice | Icelandic
    it | Latn | - | ita | Italian
    iu | Cans | iku | iku ike | Inuktitut
    ja | Jpan | - | japan jpn | Japanese
    jv | Latn | - | jav | Javanese
    ka | Geor | kat | kat geo | Georgian
    kk | Cyrl | Cyrillic | kaz | Kazakh
    km | Khmr | khm | khm | Khmer
    kn | Knda | kan | kan | Kannada
    ko | Hang | kor | kor | Korean
    ku | Latn | +kmr | kmr kur | Kurdish / Kurmanji
    ky | Cyrl | Cyrillic | kir | Kyrgyz / Kirghiz
    la | Latn | - | lat | Latin
    lb | Latn | - | ltz | Luxembourgish
    lo | Laoo | lao | lao | Lao
    lt | Latn | +lit | lit | Lithuanian
    lv | Latn | +lav | lav | Latvian
    mai | Deva | Devanagari | | Maithili
    mg | Latn | - | mlg | Malagasy
    mi | Latn | - | mri mao | Maori
    min | Latn | - | | Minangkabau
    mk | Cyrl | Cyrillic | mkd mac | Macedonian
    ml | Mlym | mal | mal | Malayalam
    mn | Cyrl | Cyrillic | mon | Mongolian
    mr | Deva | Devanagari | mar | Marathi
    ms | Latn | - | msa may | Malay
    mt | Latn | +mlt | mlt | Maltese
    my | Mymr | mya | mya bur | Burmese
    ne | Deva | Devanagari | nep | Nepali
    nl | Latn | - | nld dut | Dutch / Flemish
    nn | Latn | +nor | nno | Norwegian Nynorsk
    no | Latn | +nor | nor nb nob | Norwegian / Norwegian Bokmal
    ny | Latn | - | nya | Chichewa / Nyanja
    oc | Latn | - | oci | Occitan
    or | Orya | ori | ori | Odia / Oriya
    pa | Guru | pan | pan | Punjabi / Panjabi
    pl | Latn | +pol | pol | Polish
    ps | Arab | pus | pus pbu | Pashto
    pt | Latn | - | por | Portuguese
    qu | Latn | - | que | Quechua
    rm | Latn | - | roh | Romansh
    ro | Latn | +ron | ron rum mo mol | Romanian / Moldavian / Moldovan
    rs_latin | Latn | +hrv | sr-Latn srp_latn | Serbian (Latin)
    ru | Cyrl | Cyrillic | rus | Russian
    rw | Latn | - | kin | Kinyarwanda
    sa | Deva | Devanagari | san | Sanskrit
    sd | Arab | snd | snd | Sindhi
    se | Latn | - | sme | Northern Sami
    si | Sinh | sin | sin | Sinhala / Sinhalese
    sk | Latn | +slk | slk slo | Slovak
    sl | Latn | - | slv | Slovenian
    sn | Latn | - | sna | Shona
    so | Latn | - | som | Somali
    sq | Latn | +sqi | sqi alb | Albanian
    sr | Cyrl | Cyrillic | srp rs_cyrillic sr-Cyrl | Serbian
    st | Latn | - | sot | Southern Sotho / Sesotho
    su | Latn | - | sun | Sundanese
    sv | Latn | +swe | swe | Swedish
    sw | Latn | - | swa | Swahili
    syr | Syrc | syr | aii | Syriac / Assyrian
    ta | Taml | tam | tam | Tamil
    te | Telu | tel | tel | Telugu
    tg | Cyrl | Cyrillic | tgk | Tajik
    th | Thai | tha | tha | Thai
    ti | Ethi | tir | tir | Tigrinya
    tk | Latn | - | tuk | Turkmen
    tl | Latn | - | tgl fil | Tagalog / Filipino
    to | Latn | - | ton | Tongan
    tr | Latn | +tur | tur | Turkish
    tt | Cyrl | Cyrillic | tat | Tatar
    ug | Arab | uig | uig | Uyghur / Uighur
    ug-Latn | Latn | - | uig-Latn | Uyghur (Latin)
    uk | Cyrl | Cyrillic | ukr | Ukrainian
    ur | Arab | urd | urd | Urdu
    uz | Latn | - | uzb uz-Latn | Uzbek
    uz-Cyrl | Cyrl | Cyrillic | uzb_cyrl | Uzbek (Cyrillic)
    vi | Latn | vie | vie | Vietnamese
    wo | Latn | - | wol | Wolof
    xh | Latn | - | xho | Xhosa
    yi | Hebr | yid | yid ydd | Yiddish
    yo | Latn | yor | yor | Yoruba
    zu | Latn | - | zul | Zulu
"""
