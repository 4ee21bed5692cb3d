"""The shipped names: organisations, laws, regions and their watchlists, tried on sentences as papers write them."""

from __future__ import annotations

from functools import cache

import pytest
from builders import an_article

from streams.core.analyze import analyze
from streams.core.compiled import Vocabulary
from streams.core.records import Flagged
from streams.vocabulary.files import load_vocabulary


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def read(sentence: str, language: str = "en", **fields: str) -> Flagged:
    return analyze(an_article(title=sentence, summary_html="", language=language, **fields), vocabulary())


def labels(flagged: Flagged) -> set[str]:
    return {f"{label.facet}.{label.id}" for label in flagged.classified.labels}


NAMED = [
    ("en", "Clearview AI settles biometric privacy suit in Illinois", "organisation.clearview region.us-il region.us"),
    ("en", "Airport in Accra picks Idemia for face gates", "organisation.idemia"),
    ("en", "NEC wins contract for face recognition at Japanese stadium", "organisation.nec region.jp"),
    ("en", "NeoFace Express tested at the gates", "organisation.nec"),
    ("en", "ICE agents scan faces in the street with Mobile Fortify", "organisation.ice law.mobile_fortify region.us"),
    ("en", "Thales supplies fingerprint readers to Belgium", "organisation.thales region.be"),
    ("en", "Gemalto passport chips were at fault", "organisation.thales"),
    ("en", "Clear opens airport lanes next to TSA PreCheck", "organisation.clear organisation.tsa"),
    ("en", "Persona checks identity documents for age verification", "organisation.persona"),
    ("en", "Kenya lets Worldcoin return with its Orb", "organisation.world region.ke"),
    ("en", "Flock cameras logged every licence plate in town", "organisation.flock"),
    ("en", "Axon puts face recognition on police body cameras", "organisation.axon"),
    ("en", "Facewatch alerts wrongly named a shopper in Manchester", "organisation.facewatch region.gb"),
    ("en", "Oosto, once AnyVision, leaves the market", "organisation.oosto"),
    ("en", "Dahua and Hikvision removed from Australian offices", "organisation.dahua organisation.hikvision region.au"),
    ("en", "Pakistan's NADRA extends iris checks", "organisation.nadra region.pk"),
    ("en", "UIDAI opens Aadhaar face checks to banks", "organisation.uidai law.aadhaar region.in"),
    ("en", "ICO fines firm over fingerprints of staff, privacy group says", "organisation.ico region.gb"),
    ("en", "Home Office plans more facial recognition vans", "organisation.home_office law.lfr_met region.gb"),
    ("en", "Met Police arrests rise after live face scans in Croydon", "organisation.met_police region.gb"),
    ("en", "Judge cites Bridges v South Wales Police", "law.bridges organisation.south_wales_police region.gb"),
    ("en", "Cothron v. White Castle still shapes BIPA claims", "law.cothron law.bipa region.us-il"),
    ("en", "Texas CUBI suit ends in settlement over face recognition", "law.cubi region.us-tx region.us"),
    ("en", "Travellers queue as EES starts at the Schengen border", "law.ees region.schengen"),
    ("en", "HART delay costs Homeland Security another year", "law.hart region.us"),
    ("en", "FRTE ranks algorithms again, NIST says", "law.frte organisation.nist"),
    ("en", "Regula and Incode compare identity verification of documents", "organisation.regula organisation.incode"),
    ("en", "EPIC, the Electronic Privacy Information Center, sues", "organisation.epic"),
    ("en", "Big Brother Watch and Liberty challenge live facial recognition", "organisation.bbw organisation.liberty"),
    ("en", "S.T.O.P. demands end to NYPD face searches", "organisation.stop organisation.nypd region.us"),
    ("en", "Smart cameras come to Tbilisi as Georgia changes its law", "region.ge"),
    ("en", "Jordan scans irises of Syrian refugees in Zaatari", "region.jo region.sy"),
    ("en", "Chad registers refugees from Darfur by fingerprint", "region.td"),
    ("en", "Turkey tests face payment in Istanbul", "region.tr"),
    ("en", "China tells hotels to stop face scans", "region.cn"),
    ("en", "North Korean exhibitors shown cameras", "region.kp"),
    ("en", "Entity List grows by two Chinese camera makers", "law.entity_list region.cn"),
    ("en", "Atlanta police try cameras; Georgia lawmakers object", "region.us-ga region.us"),
    ("en", "Rank One Computing keeps the sheriff's contract", "organisation.roc"),
    ("en", "Bunnings used face scans, OAIC finds", "organisation.bunnings organisation.oaic region.au"),
    ("zh", "旷视科技与商汤科技被列入实体清单", "organisation.megvii organisation.sensetime law.entity_list"),
    ("zh", "海康威视、大华股份发布新款摄像机", "organisation.hikvision organisation.dahua"),
    ("zh", "海康与大华的视频监控业务下滑", "organisation.hikvision organisation.dahua"),
    ("zh", "云从科技上市，人脸识别四小龙再进一步", "organisation.cloudwalk"),
    ("zh", "国家网信办发布人脸识别技术应用安全管理办法", "organisation.cac law.cn_frt region.cn"),
    ("zh", "雪亮工程与天网工程覆盖乡村", "law.sharp_eyes law.skynet region.cn"),
    ("zh", "小区强制安装人脸门禁引发争议", "law.cn_face_gate region.cn"),
    ("zh", "依據個人信息保護法，商場不得擅自刷臉", "law.pipl region.cn"),
    ("zh", "欧盟就人工智能法与美国公司会谈", "region.eu region.us"),
    ("zh", "臺灣機場啟用自動通關", "region.tw"),
    ("ja", "日本電気の顔認証、空港で採用", "organisation.nec"),
    ("ja", "個人情報保護委員会が顔認証カメラの指針を公表", "organisation.ppc_japan region.jp"),
    ("ja", "マイナンバーカードの顔認証で不具合", "law.mynumber region.jp"),
    ("ja", "米国と英国、監視カメラで合意", "region.us region.gb"),
    ("ko", "개인정보보호위원회, 안면인식 기업 조사", "organisation.pipc region.kr"),
    ("ko", "슈프리마, 미국 공항에 지문 인식기 공급", "organisation.suprema region.us"),
    ("ko", "중국 공안, 하이크비전 카메라 확대", "region.cn organisation.hikvision"),
    ("fr", "La CNIL met en demeure des communes de France", "organisation.cnil region.fr"),
    ("fr", "La Quadrature du Net attaque la vidéosurveillance algorithmique", "organisation.lqdn law.fr_jo_law region.fr"),
    ("fr", "Le règlement européen sur l'intelligence artificielle et la police allemande", "law.aiact region.de"),
    ("fr", "Le système d'entrée/sortie retardé en Suède", "law.ees region.se"),
    ("de", "Bundeskriminalamt sucht mit Gesichtserkennung in Deutschland", "organisation.bka region.de"),
    ("de", "Chaos Computer Club kritisiert britische Kameras", "organisation.ccc region.gb"),
    ("de", "DSGVO: Hamburgische Behörde prüft PimEyes in den Vereinigten Staaten", "law.gdpr organisation.pimeyes region.us"),
    ("es", "La AEPD multa a un estadio de España por la huella dactilar", "organisation.aepd region.es"),
    ("es", "La policía francesa compra cámaras chinas", "region.fr region.cn"),
    ("es", "Sistema de Reconocimiento Facial de Prófugos vuelve a Argentina", "law.sfrp_argentina region.ar"),
    ("pt", "ANPD apura reconhecimento facial em estádios no Brasil", "organisation.anpd region.br"),
    ("pt", "Smart Sampa amplia câmeras e LGPD vira tema", "law.smart_sampa law.lgpd region.br"),
    ("it", "Il Garante per la protezione dei dati personali ferma le telecamere in Italia", "organisation.garante region.it"),
    ("it", "La moratoria sul riconoscimento facciale scade", "law.it_moratorium region.it"),
    ("nl", "Autoriteit Persoonsgegevens beboet Clearview AI", "organisation.ap_nl organisation.clearview region.nl"),
    ("nl", "Bits of Freedom waarschuwt voor camera's in het Verenigd Koninkrijk", "organisation.bits_of_freedom region.gb"),
    ("pl", "Panoptykon pyta o rozpoznawanie twarzy w Chinach", "organisation.panoptykon region.cn"),
    ("pl", "UODO ukarał spółkę, sprawa trafi do Unii Europejskiej", "organisation.uodo region.pl region.eu"),
    ("ru", "Единая биометрическая система: ЦБТ отчитался о сборе лиц в России", "law.ebs organisation.cbt region.ru"),
    ("ru", "Роскомсвобода: камеры НтехЛаб в метро Москвы", "organisation.roskomsvoboda organisation.ntechlab region.ru"),
    ("ru", "Китайские власти и Хиквижн", "region.cn organisation.hikvision"),
    ("tr", "KVKK yüz tanıma cezası verdi, Çin firması itiraz etti", "organisation.kvkk region.cn region.tr"),
    ("tr", "Almanya sınırda parmak izi alacak", "region.de"),
    ("ar", "هيومن رايتس ووتش تنتقد كاميرات التعرف على الوجه في السعودية", "organisation.hrw region.sa"),
    ("ar", "مصر والإمارات توقعان اتفاقا لبصمة العين", "region.eg region.ae"),
    ("hi", "आधार कार्ड के लिए चेहरा पहचान, भारत सरकार का फैसला", "law.aadhaar region.in"),
    ("hi", "अमेरिका और चीन में निगरानी कैमरे", "region.us region.cn"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "sentence", "expected"), NAMED, ids=[row[1][:40] for row in NAMED])
def test_a_sentence_is_labelled_with_what_it_names(language: str, sentence: str, expected: str) -> None:
    assert set(expected.split()) <= labels(read(sentence, language))


TRAPS = [
    ("The trade fair at the NEC in Birmingham shows face recognition", "organisation.nec"),
    ("New National Electrical Code (NEC) rules on fingerprint locks", "organisation.nec"),
    ("Labour's NEC meets on surveillance vote", "organisation.nec"),
    ("ICE CREAM VAN STOLEN", "organisation.ice"),
    ("Frozen roads: black ice warning for drivers", "organisation.ice"),
    ("ICE trains of Deutsche Bahn late at the border", "organisation.ice"),
    ("Clear weather over the airport tomorrow", "organisation.clear"),
    ("Police say the footage is clear", "organisation.clear"),
    ("A clear view of biometric law", "organisation.clearview"),
    ("Fire near Clearview, Washington, contained", "organisation.clearview"),
    ("World leaders meet to discuss identity", "organisation.world"),
    ("World Bank pays for iris-scanning project", "organisation.world"),
    ("The persona of a singer", "organisation.persona"),
    ("Persona 5 gets a sequel with voice verification", "organisation.persona"),
    ("Thales of Miletus and the measure of pyramids", "organisation.thales"),
    ("Blue morpho butterflies hatch in the museum", "organisation.idemia"),
    ("The Morpho butterfly and its iridescent scales, no fingerprint needed", "organisation.idemia"),
    ("The axon of a nerve cell", "organisation.axon"),
    ("A flock of sheep blocks the road, police say", "organisation.flock"),
    ("Be aware of fingerprint scams", "organisation.aware"),
    ("Raspberry Pi maker lists shares", "organisation.pi"),
    ("Circle's number Pi and its digits", "organisation.pi"),
    ("Liberty University opens sports hall", "organisation.liberty"),
    ("Council votes on tax (AP)", "organisation.ap_nl"),
    ("ICO sale of a new token raises millions", "organisation.ico"),
    ("Corte Suprema rejects appeal over fingerprint law", "organisation.suprema"),
    ("Regula fidei, an old text on identity", "organisation.regula"),
    ("The epic journey of two friends", "organisation.epic"),
    ("An epic tale: EPIC GAMES sues", "organisation.epic"),
    ("刘大华在比赛中夺冠", "organisation.dahua"),
    ("大华路今日封闭施工", "organisation.dahua"),
    ("信心不知云从何处来", "organisation.cloudwalk"),
    ("风云从此变幻", "organisation.cloudwalk"),
    ("Heart of the matter: comedian Hart sells out", "law.hart"),
    ("Fate of the talks unclear", "law.frte"),
    ("Skynet rises again in new Terminator film", "law.skynet"),
    ("The Employment Equity Scheme (EES) of a mine", "law.ees"),
    ("Atlanta, Georgia, elects a mayor", "region.ge"),
    ("Michael Jordan sells his team", "region.jo"),
    ("Jim Jordan chairs hearing on surveillance", "region.jo"),
    ("Roast turkey for Thanksgiving", "region.tr"),
    ("Turkey sandwich recall widens", "region.tr"),
    ("Chad Smith plays the drums", "region.td"),
    ("A collector of fine china", "region.cn"),
    ("Guinea pigs make good pets", "region.gn"),
    ("New Jersey considers a bill", "region.je"),
    ("A family reunion at the lake", "region.re"),
    ("New Mexico sheriff buys cameras", "region.mx"),
    ("South Sudan counts voters", "region.sd"),
    ("A school in New England", "region.gb"),
    ("Tell us what you think", "region.us"),
    ("Latin American police meet", "region.us"),
    ("Polish your shoes; they polish up well", "region.pl"),
    ("Frances Haugen speaks on children", "region.fr"),
    ("The almanac lists eclipses", "region.de"),
    ("The Korean War drama returns: North Korea objects", "region.kr"),
    ("印度尼西亚发放新身份证", "region.in"),
    ("インドネシアで新しい身分証", "region.in"),
    ("白俄罗斯选举", "region.ru"),
    ("南苏丹难民登记", "region.sd"),
    ("Un chico gana un concurso", "region.gh"),
    ("El polen vuelve en primavera", "region.pl"),
    ("Un sillón colorado en la sala", "region.us-co"),
    ("La cucina indiana conquista tutti", "region.us-in"),
    ("Yasa teklifi kabul edildi", "region.af"),
    ("Türk dili konuşuldu", "region.tl"),
    ("Europol Gaz changes hands", "organisation.europol"),
]


@pytest.mark.parametrize(("sentence", "never"), TRAPS, ids=[row[0][:40] for row in TRAPS])
def test_an_ordinary_word_is_not_taken_for_a_name(sentence: str, never: str) -> None:
    assert never not in labels(read(sentence))


def test_the_country_of_the_feed_is_no_evidence_for_the_country_of_the_subject() -> None:
    flagged = read("Cameras read faces at the gate", feed_url="https://paper.example.fr/rss", language="fr")
    assert not {one for one in labels(flagged) if one.startswith("region.")}


def test_the_home_of_a_company_weighs_less_than_the_place_of_the_event() -> None:
    summary = "<p>Sweden-based maker sells readers to a bank in Norway.</p>"
    flagged = analyze(an_article(title="Card readers sold", summary_html=summary), vocabulary())
    assert "region.no" in labels(flagged)
    assert "region.se" not in labels(flagged)


def test_a_state_counts_for_its_country() -> None:
    assert {"region.us-il", "region.us"} <= labels(read("Illinois amends its law"))


def test_a_name_that_came_later_does_not_hold_before() -> None:
    sentence = "Meta changes smart glasses, Zuckerberg says"
    assert "organisation.meta" in labels(read(sentence))
    assert "organisation.meta" not in labels(read(sentence, published="2019-05-01T00:00:00Z"))


def test_every_country_of_iso_3166_is_there() -> None:
    ids = {term.id for term in vocabulary().facets["region"].terms}
    countries = {name for name in ids if len(name) == 2} - {"eu", "xk"}
    assert len(countries) == 249


def test_every_law_or_programme_is_in_exactly_one_watchlist() -> None:
    included = [
        name for one in ("laws", "programmes") for name in vocabulary().watchlists[one].terms[0].include
    ]
    assert sorted(included) == sorted(f"law.{term.id}" for term in vocabulary().facets["law"].terms)


@pytest.mark.parametrize(
    ("sentence", "watchlist", "term"),
    [
        ("Idemia opens an office", "vendors", "organisation.idemia"),
        ("旷视提交招股书", "vendors", "organisation.megvii"),
        ("Rekognition misreads a face", "vendors", "organisation.amazon"),
        ("BIPA amended", "laws", "law.bipa"),
        ("Eurodac grows", "programmes", "law.eurodac"),
    ],
)
def test_a_watchlist_flags_the_names_it_includes(sentence: str, watchlist: str, term: str) -> None:
    assert (watchlist, term) in {(flag.watchlist, flag.term) for flag in read(sentence).flags}


@pytest.mark.parametrize("facet", ["organisation", "law", "region"])
def test_every_abbreviation_of_three_letters_or_fewer_asks_for_company_or_is_listed(facet: str) -> None:
    unmistakable = {"FBI", "US", "UK", "EU", "UAE", "IMY", "FTC", "FCC", "GDPR", "BVN", "R3D", "EFF", "HRW"}
    bare = {
        form
        for term in vocabulary().facets[facet].terms
        for pattern in term.patterns
        if pattern.kind == "abbr" and not pattern.requires
        for form in pattern.forms
        if len(form) <= 3 and form.isupper()
    }
    assert bare <= unmistakable | {"BKA", "IBM", "W3C", "ABD", "PRC", "CIN"}
