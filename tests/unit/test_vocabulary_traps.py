"""The shipped vocabulary on sentences that once fooled keyword lists, and on what it must find."""

from datetime import UTC, datetime

import pytest

from connectors.normalize import normalize
from connectors.records import Item
from streams.core.analyze import analyze, explain
from streams.vocabulary.files import load_vocabulary

RECEIVED = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def vocabulary():
    return load_vocabulary()


def analyzed(text, vocabulary, title="", language=""):
    item = Item(feed_url="https://feed.example/", title=title, link="", text=text, language=language)
    return analyze(normalize(item, RECEIVED), vocabulary)


def lists(flagged):
    return {flag.watchlist for flag in flagged.flags} & {"facial-recognition", "detention", "surveillance"}


def modalities(flagged):
    return {label.id for label in flagged.classified.labels if label.facet == "modality"}


TRAPS = {
    "irish": "Irish farmers told the minister that milk prices had fallen again.",
    "kirisute": "The film's kirisute scene was cut from the later release.",
    "iris-flower": "The iris flower opens in May and needs little water.",
    "iris-name": "Iris said she would run for mayor, and her mother agreed.",
    "iris-graphics": "The laptop has Iris Xe graphics and a bright screen.",
    "school-detention": "The pupil was given detention for chewing gum in the classroom.",
    "detained-bear": "A bear was detained by rangers after it ate the picnic.",
    "detained-ship": "The coast guard detained the tanker after an oil spill.",
    "detention-pond": "The county will dig a detention pond behind the mall.",
    "face-skill": "People with prosopagnosia struggle with face recognition, even of friends.",
    "browser-fingerprint": "The site reads a canvas fingerprint of the browser to tell bots apart.",
    "tls-fingerprint": "Researchers compared the TLS fingerprint of two clients.",
    "audio-fingerprint": "The app names songs by an audio fingerprint.",
    "dictation": "Voice recognition lets you dictate letters to your computer.",
    "dna-vaccine": "The DNA vaccine was tested in two hundred volunteers.",
    "company-dna": "Openness is in our DNA, the chief executive said.",
    "facial-cosmetics": "A facial with clay leaves the skin soft, the spa promised.",
    "pad-artery": "PAD narrows arteries in the legs; patients with PAD should walk.",
    "pad-tablet": "The new Pad ships with a keyboard and a pen.",
    "vein-mining": "The company found a rich vein of silver under the hill.",
    "retina-display": "The Retina display of the tablet is bright.",
    "gait-horses": "The horse has a smooth gait and a calm temper.",
    "signature-music": "The piece changes its time signature in the second bar.",
    "signature-legal": "The treaty awaits the signature of the president.",
    "heartbeat-server": "The cluster sends a heartbeat every second to check each server.",
    "world-and-clear": "It is clear that the world needs more rain.",
    "disease-surveillance": "Surveillance of influenza found two new strains this winter.",
    "epidemic-surveillance": "Health officials expanded wastewater surveillance to spot outbreaks of polio.",
    "spy-balloon": "A Chinese surveillance balloon drifted over Montana before it was shot down.",
    "arrest-alone": "A man was arrested on Monday after the robbery.",
    "sentence-alone": "She was sentenced to ten years in prison for fraud.",
    "custody-of-children": "The actor won joint custody of the children.",
    "meeting-held": "The police chief said the meeting was held on Monday.",
    "racehorse": "The jockey brought Biometric home by a length at the furlong pole.",
    "wearable-health": "The Oura ring warns you when your biometrics change with a fever.",
    "faces-a-fine": "The retailer may face biometric privacy lawsuits, analysts warn.",
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_a_trap_gives_no_flag_and_no_modality(text, vocabulary):
    flagged = analyzed(text, vocabulary)
    assert (lists(flagged), modalities(flagged)) == (set(), set())


STATISTICS = "The paper appeared in the journal of plant physiology and was cited often."


def test_ordinary_science_news_is_not_relevant(vocabulary):
    assert analyzed(STATISTICS, vocabulary).classified.relevance == "none"


FOUND = {
    "face-id": ("Unlock the phone with Face ID or a passcode.", {"facial-recognition"}, {"face"}),
    "face-hyphen": ("The face-recognition system failed twice.", {"facial-recognition"}, {"face"}),
    "scanned-faces": ("Shops scanned shoppers' faces to stop theft.", {"facial-recognition"}, {"face"}),
    "list-of-traits": (
        "The kiosk takes face, fingerprint and iris biometrics.",
        {"facial-recognition"},
        {"face", "fingerprint", "iris"},
    ),
    "lfr": ("Police used LFR, or live facial recognition.", {"facial-recognition", "surveillance"}, {"face"}),
    "voice": ("The bank checks voice biometrics of each caller.", set(), {"voice"}),
    "palm": ("Customers pay with their palm; the palm scanner reads veins.", set(), {"palm"}),
    "gait": ("Gait recognition identifies people by how they walk.", set(), {"gait"}),
    "detained": ("Security forces detained forty protesters.", {"detention"}, set()),
    "held": ("Two women were held for questioning by police.", {"detention"}, set()),
    "remanded": ("The suspect was remanded in custody.", {"detention"}, set()),
    "centre": ("The immigration removal centre holds 300 men.", {"detention"}, set()),
    "cctv": ("CCTV showed the thieves running away.", {"surveillance"}, set()),
    "tracking": ("The employer was tracking workers' every move.", {"surveillance"}, set()),
    "spyware": ("Spyware was found on the phones of two reporters.", {"surveillance"}, set()),
}


@pytest.mark.parametrize(("text", "flags", "traits"), FOUND.values(), ids=FOUND)
def test_a_sentence_gets_its_flags_and_modalities(text, flags, traits, vocabulary):
    flagged = analyzed(text, vocabulary)
    assert lists(flagged) == flags
    assert traits <= modalities(flagged)


LANGUAGES = {
    "zh-Hans": ("警方用人脸识别技术找到他并将其拘留，市民担心监控。", {"face"}),
    "zh-Hant": ("警方以人臉辨識找到他並將其羈押，市民擔心監視。", {"face"}),
    "ja": ("警察は顔認証で男を見つけ身柄を拘束し、監視への懸念が広がった。", {"face"}),
    "ko": ("경찰은 안면인식으로 그를 찾아 구금했고 감시 논란이 일었다.", {"face"}),
    "fr": (
        "La police l'a placé en garde à vue grâce à la reconnaissance faciale ; la surveillance inquiète.",
        {"face"},
    ),
    "de": (
        "Er kam in Haft, nachdem die Gesichtserkennungssoftware anschlug; Kritik an Massenüberwachung.",
        {"face"},
    ),
    "es": (
        "La policía mantiene detenido al hombre tras el reconocimiento facial; crece la vigilancia.",
        {"face"},
    ),
    "pt": ("O homem foi detido após reconhecimento facial; a vigilância preocupa a cidade.", {"face"}),
    "it": ("L'uomo è in custodia dopo il riconoscimento facciale; preoccupa la sorveglianza.", {"face"}),
    "nl": (
        "De man zit in voorlopige hechtenis na gezichtsherkenning; cameratoezicht ligt onder vuur in de stad.",
        {"face"},
    ),
    "pl": (
        "Mężczyznę zatrzymano i jest zatrzymany dzięki rozpoznawaniu twarzy; inwigilacja niepokoi.",
        {"face"},
    ),
    "ru": ("Мужчину задержали: он задержан с помощью распознавания лиц; слежка тревожит горожан.", {"face"}),
    "tr": ("Adam yüz tanıma ile bulunup gözaltına alındı; gözetim tartışması sürüyor.", {"face"}),
    "ar": ("تم احتجاز الرجل بعد التعرف على الوجه، وكاميرات المراقبة تثير القلق.", {"face"}),
    "hi": ("चेहरा पहचान से पकड़े गए व्यक्ति को हिरासत में लिया गया; निगरानी पर सवाल।", {"face"}),
}


@pytest.mark.parametrize(("language", "case"), LANGUAGES.items(), ids=LANGUAGES)
def test_each_language_is_flagged_for_all_three_lists(language, case, vocabulary):
    text, traits = case
    flagged = analyzed(text, vocabulary, language=language)
    assert lists(flagged) == {"facial-recognition", "detention", "surveillance"}
    assert traits <= modalities(flagged)
    assert flagged.classified.relevance != "none"
    for flag in flagged.flags:
        assert flagged.article.text[flag.start : flag.end] == flag.surface


def test_why_not_names_the_words_that_kept_it_from_counting(vocabulary):
    item = Item(feed_url="", title="", link="", text="A bear was detained by rangers.")
    reasons = [one for one in explain(normalize(item, RECEIVED), vocabulary) if one.list == "detention"]
    assert [(one.surface, one.why) for one in reasons] == [
        ("detained", "'detained' does not count: it is blocked by 'bear' within 12 words")
    ]


def test_nothing_is_told_as_blocked_where_another_pattern_of_the_term_counts(vocabulary):
    item = Item(feed_url="", title="", link="", text="Live facial recognition at the station.")
    blocked = explain(normalize(item, RECEIVED), vocabulary)
    assert not [one for one in blocked if one.list == "facial-recognition"]
