import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.th.ThaiTokenizer;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.PreBuiltAnalyzerProviderFactory;
import org.elasticsearch.index.analysis.PreConfiguredCharFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenizer;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.indices.analysis.PreBuiltCacheFactory.CachingStrategy;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * What a distribution has and the published server jar lacks, as far as tests need it: the language analyzers and the
 * plainest parts of analysis under the names a distribution gives them, over the same Lucene classes; and GET /.
 * Nothing here that a distribution does not have, so that what passes here passes there.
 */
public final class TestModule extends Plugin implements AnalysisPlugin, ActionPlugin {
    private static final Map<String, Supplier<Analyzer>> LANGUAGES = new TreeMap<>(Map.ofEntries(
        Map.entry("arabic", org.apache.lucene.analysis.ar.ArabicAnalyzer::new),
        Map.entry("armenian", org.apache.lucene.analysis.hy.ArmenianAnalyzer::new),
        Map.entry("basque", org.apache.lucene.analysis.eu.BasqueAnalyzer::new),
        Map.entry("bengali", org.apache.lucene.analysis.bn.BengaliAnalyzer::new),
        Map.entry("brazilian", org.apache.lucene.analysis.br.BrazilianAnalyzer::new),
        Map.entry("bulgarian", org.apache.lucene.analysis.bg.BulgarianAnalyzer::new),
        Map.entry("catalan", org.apache.lucene.analysis.ca.CatalanAnalyzer::new),
        Map.entry("cjk", org.apache.lucene.analysis.cjk.CJKAnalyzer::new),
        Map.entry("czech", org.apache.lucene.analysis.cz.CzechAnalyzer::new),
        Map.entry("danish", org.apache.lucene.analysis.da.DanishAnalyzer::new),
        Map.entry("dutch", org.apache.lucene.analysis.nl.DutchAnalyzer::new),
        Map.entry("english", org.apache.lucene.analysis.en.EnglishAnalyzer::new),
        Map.entry("estonian", org.apache.lucene.analysis.et.EstonianAnalyzer::new),
        Map.entry("finnish", org.apache.lucene.analysis.fi.FinnishAnalyzer::new),
        Map.entry("french", org.apache.lucene.analysis.fr.FrenchAnalyzer::new),
        Map.entry("galician", org.apache.lucene.analysis.gl.GalicianAnalyzer::new),
        Map.entry("german", org.apache.lucene.analysis.de.GermanAnalyzer::new),
        Map.entry("greek", org.apache.lucene.analysis.el.GreekAnalyzer::new),
        Map.entry("hindi", org.apache.lucene.analysis.hi.HindiAnalyzer::new),
        Map.entry("hungarian", org.apache.lucene.analysis.hu.HungarianAnalyzer::new),
        Map.entry("indonesian", org.apache.lucene.analysis.id.IndonesianAnalyzer::new),
        Map.entry("irish", org.apache.lucene.analysis.ga.IrishAnalyzer::new),
        Map.entry("italian", org.apache.lucene.analysis.it.ItalianAnalyzer::new),
        Map.entry("latvian", org.apache.lucene.analysis.lv.LatvianAnalyzer::new),
        Map.entry("lithuanian", org.apache.lucene.analysis.lt.LithuanianAnalyzer::new),
        Map.entry("norwegian", org.apache.lucene.analysis.no.NorwegianAnalyzer::new),
        Map.entry("persian", org.apache.lucene.analysis.fa.PersianAnalyzer::new),
        Map.entry("portuguese", org.apache.lucene.analysis.pt.PortugueseAnalyzer::new),
        Map.entry("romanian", org.apache.lucene.analysis.ro.RomanianAnalyzer::new),
        Map.entry("russian", org.apache.lucene.analysis.ru.RussianAnalyzer::new),
        Map.entry("serbian", org.apache.lucene.analysis.sr.SerbianAnalyzer::new),
        Map.entry("sorani", org.apache.lucene.analysis.ckb.SoraniAnalyzer::new),
        Map.entry("spanish", org.apache.lucene.analysis.es.SpanishAnalyzer::new),
        Map.entry("swedish", org.apache.lucene.analysis.sv.SwedishAnalyzer::new),
        Map.entry("thai", org.apache.lucene.analysis.th.ThaiAnalyzer::new),
        Map.entry("turkish", org.apache.lucene.analysis.tr.TurkishAnalyzer::new)));

    static {
        if (!ThaiTokenizer.DBBI_AVAILABLE) { // a reduced runtime; with the analyzer no index at all could be made
            System.err.println("This Java runtime cannot segment Thai: this node has no analyzer thai.");
            LANGUAGES.remove("thai");
        }
    }

    private static final Map<String, Supplier<Tokenizer>> TOKENIZERS = Map.of(
        "keyword", KeywordTokenizer::new,
        "letter", LetterTokenizer::new,
        "whitespace", WhitespaceTokenizer::new);

    private static final Map<String, Function<TokenStream, TokenStream>> FILTERS = Map.of(
        "asciifolding", ASCIIFoldingFilter::new,
        "trim", TrimFilter::new);

    @Override
    public List<PreBuiltAnalyzerProviderFactory> getPreBuiltAnalyzerProviderFactories() {
        List<PreBuiltAnalyzerProviderFactory> all = new ArrayList<>();
        LANGUAGES.forEach((name, make) ->
            all.add(new PreBuiltAnalyzerProviderFactory(name, CachingStrategy.ONE, make)));
        return all;
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> all = new TreeMap<>();
        LANGUAGES.forEach((language, make) -> all.put(language, (index, environment, name, settings) -> {
            if (settings.keySet().stream().anyMatch(key -> !key.equals("type"))) {
                throw new IllegalArgumentException("this node for tests knows " + language + " without settings only");
            }
            return new Language(name, make.get());
        }));
        return all;
    }

    @Override
    public List<PreConfiguredTokenizer> getPreConfiguredTokenizers() {
        List<PreConfiguredTokenizer> all = new ArrayList<>();
        TOKENIZERS.forEach((name, make) -> all.add(PreConfiguredTokenizer.singleton(name, make)));
        return all;
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        List<PreConfiguredTokenFilter> all = new ArrayList<>();
        FILTERS.forEach((name, make) -> all.add(PreConfiguredTokenFilter.singleton(name, true, make)));
        return all;
    }

    @Override
    public List<PreConfiguredCharFilter> getPreConfiguredCharFilters() {
        return List.of(PreConfiguredCharFilter.singleton("html_strip", false, HTMLStripCharFilter::new));
    }

    @Override
    public Collection<RestHandler> getRestHandlers(
        RestHandlersServices services, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
        return List.of(new Root());
    }

    private static final class Language extends AbstractIndexAnalyzerProvider<Analyzer> {
        private final Analyzer analyzer;

        Language(String name, Analyzer analyzer) {
            super(name);
            this.analyzer = analyzer;
        }

        @Override
        public Analyzer get() {
            return analyzer;
        }
    }

    /** GET /: clients read the version there before they say anything else. */
    private static final class Root extends BaseRestHandler {
        @Override
        public String getName() {
            return "test_root";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            return channel -> channel.sendResponse(new RestResponse(RestStatus.OK, answer(channel.newBuilder(), client)));
        }

        private static XContentBuilder answer(XContentBuilder body, NodeClient client) throws IOException {
            return body.startObject()
                .field("name", client.settings().get("node.name"))
                .field("cluster_name", client.settings().get("cluster.name"))
                .startObject("version")
                .field("number", Build.current().version())
                .field("build_flavor", "default")
                .field("minimum_wire_compatibility_version", Build.current().minWireCompatVersion())
                .endObject()
                .field("tagline", "You Know, for Search")
                .endObject();
        }
    }
}
