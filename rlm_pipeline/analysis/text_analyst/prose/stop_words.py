"""Words that say nothing about what a text is about: function words of several languages, and general verbs."""

_ENGLISH = """
a about above across after afterwards again against all almost alone along already also although always am among
amongst an and another any anyhow anyone anything anyway anywhere are around as at away be became because become
becomes been before beforehand behind being below beneath beside besides between beyond both but by can cannot could
de despite did do does doing done down due during each either else elsewhere enough especially etc even ever every
everyone everything everywhere except few first fifth for former formerly fourth from further furthermore had has have
having he hence her here hers herself him himself his how however i ie eg if in indeed instead into is it its itself
just largely last later latter least less let like likewise made mainly make makes making many may me meanwhile might
mine more moreover most mostly much must my myself namely near nearly necessarily neither never nevertheless next no
nobody none nonetheless nor not nothing notwithstanding now nowhere of off often on once one ones only onto or other
others otherwise ought our ours ourselves out over own particularly per perhaps please put quite rather re really
regarding same second see seem seemed seems several shall she should since so some somehow someone something sometime
sometimes somewhere soon still such sure take taken takes tell than that the their theirs them themselves then thence
there thereafter thereby therefore therein thereof these they third this those though through throughout thus till to
together too toward towards two three four five six seven eight nine ten hundred thousand million billion trillion
twenty under unless until unto up upon us use used uses using usually various very via was we well were what whatever
when whence whenever where whereas whereby wherein wherever whether which whichever while who whoever whole whom whose
why will with within without would yes yet you your yours yourself yourselves able according actually additionally
allow allows apply applied ask asked based begin began believe bring brought call called came certain certainly
clearly come comes commonly considered contain contains current currently different directly early easily effectively
entirely example examples exist existing exists far find following follows found full fully generally get gets getting
give given gives giving go goes going gone good got great greater greatest high highly hold holds important include
included includes including instance itself keep keeps kept know known large larger lead left long longer look made
main mean means multiple need needed needs new non number old order part particular people place possible potentially
present previous previously provide provided provides providing purpose put ready receive recent recently related
require required requires respective respectively result results right said say says seen set sets show shown shows
similar simply single small specific specifically start stated subject tend thing things think time times today
tonight try turn typically unable variety want way ways whole wide work works year years yesterday better best big
bigger don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't shouldn't i'm i've i'll i'd
you're you've you'll we're we've we'll we'd they're they've they'll it's that's there's here's let's what's who's he's
she's ain't hasn't haven't hadn't january february continue continued continues continuing lot lots quick quickly knew
help helped helps general number proposed opinion regard respect view views manner matter matters means necessary
proper attention consideration condition conditions object objects occasion fact facts case cases course interest
question questions increase increased change changes changed effort efforts method methods operations march april may
june july august september october november december monday tuesday wednesday thursday friday saturday sunday mr mrs
ms dr sir http https www com org html
"""
_GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bin bis bist da damit dann
das dass daß dein deine dem den denn der des dessen deshalb die dies diese diesem diesen dieser dieses doch dort du
durch ein eine einem einen einer eines er es etwas euch euer für gegen gewesen hab habe haben hat hatte hatten hier
hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist jede jedem jeden jeder jedes jetzt kann kein
keine keinen können könnte machen man mehr mein meine mit muss müssen nach nicht nichts noch nun nur ob oder ohne sehr
sein seine seinem seinen seiner seit sich sie sind so solche soll sollte sondern sonst über um und uns unser unsere
unter viel vom von vor war waren was weil welche welcher wenn werde werden wie wieder will wir wird wirst wo wurde
wurden zu zum zur zwar zwischen
"""
_FRENCH = """
à afin ai aie ainsi alors après assez au aucun aussi autre autres aux avait avant avec avoir ayant beaucoup bien c car
ce ceci cela celle celui ces cet cette ceux chaque chez comme comment contre d dans de depuis des donc dont du elle
elles en encore entre es est et étaient était étant être eu fait faire fois font il ils j je jusqu l la là le les leur
leurs lors lui ma mais me même mêmes mes mon n ne ni nos notre nous on ont ou où par parce pas pendant peu peut plus
pour pourquoi qu quand que quel quelle quelles quels qui sa sans se selon ses si son sont sous sur ta te tes toi ton
tous tout toute toutes très trop tu un une vers vos votre vous y
"""
_SPANISH = """
a al algo algunas algunos ante antes aquí así aunque cada como con contra cual cuando de del desde donde dos durante
el él ella ellas ellos en entre era eran es esa esas ese eso esos esta está estaba están estas este esto estos fue
fueron ha haber había han has hasta hay la las le les lo los más me mi mientras mis mucho muchos muy nada ni no nos
nosotros o os otra otras otro otros para pero poco por porque pues que qué quien se sea según ser si sí sido sin sobre
solo son su sus también tan tanto te tiene tienen todo todos tu tus un una unas uno unos usted y ya yo
"""
_ITALIAN = """
ad agli ai al alla alle allo anche ancora avere aveva c che chi ci come con contro cui da dagli dai dal dalla dalle
degli dei del della delle dello di dopo dove e è ed era erano essere fa fra gli ha hanno ho i il in io l la le lei li
lo loro lui ma mi mia mio molto ne negli nei nel nella nelle no noi non nostro o ogni per perché più poi può quale
quando quanto quella quelle quelli quello questa queste questi questo qui se sei si sia siamo solo sono sta stata
stato su sua sugli sui sul sulla sulle suo suoi tra tu tutti tutto un una uno vi voi
"""
_PORTUGUESE = """
à às ao aos aquela aquele as até com como da das do dos e é ela elas ele eles em entre era essa esse está estão eu foi
foram há isso isto já lhe mais mas mesmo meu minha muito na não nas nem no nos nós o os ou para pela pelas pelo pelos
por qual quando que quem são se seja sem ser seu seus só sua suas também te tem têm um uma você
"""
_DUTCH = """
aan al alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge geen
geweest haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me meer men
met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch toen tot u uit uw
van veel voor want waren was wat we werd wezen wie wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou
"""

STOP_WORDS = frozenset(
    word for text in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH) for word in text.split()
)
"""Of English, German, French, Spanish, Italian, Portuguese and Dutch; in lower case."""

LINKING = frozenset(["of", "de", "der", "des", "du", "del", "da", "do", "di", "van", "von", "and", "&"])
"""Words that may stand inside of a phrase: `state of the union` without its `the`, `secretary of state`."""
